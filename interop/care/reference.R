# What R's own packages say of R's own tables, for `cargo xtask interop care`.
#
#   Rscript reference.R FOLDER
#
# For each case: FOLDER/<case>.csv with the columns time, event and, where the
# case has them, entry, weight, stratum, cluster, and covariates named x.<name>;
# FOLDER/<case>.txt with a line for each answer: quantity, tab, numbers in 17
# digits. FOLDER/cases.txt names the cases: case, kind, options, with tabs.
# Fits go on until the likelihood changes by less than 1e-13 of itself, and times
# are compared as they are (timefix = FALSE).

suppressMessages({
  library(survival)
  library(cmprsk)
})
folder <- commandArgs(TRUE)[1]
dir.create(folder, showWarnings = FALSE)
control <- coxph.control(eps = 1e-13, iter.max = 60, toler.chol = 1e-14, timefix = FALSE)

digits <- function(x) sprintf("%.17g", as.vector(x))

case <- function(name, kind, options, table, answers) {
  rows <- do.call(paste, c(lapply(table, digits), sep = ","))
  writeLines(c(paste(names(table), collapse = ","), rows), file.path(folder, paste0(name, ".csv")))
  lines <- mapply(function(quantity, values) {
    paste0(quantity, "\t", paste(digits(values), collapse = " "))
  }, names(answers), answers)
  writeLines(lines, file.path(folder, paste0(name, ".txt")))
  cat(paste(name, kind, options, sep = "\t"), "\n", file = file.path(folder, "cases.txt"), append = TRUE)
}

# Columns of a data frame as numbers: factors as indicators, the first level left out.
numbers <- function(data, names) {
  data <- data[, names, drop = FALSE]
  for (n in names) if (is.character(data[[n]])) data[[n]] <- factor(data[[n]])
  matrix <- model.matrix(~ ., model.frame(~ ., data, na.action = na.pass))
  as.data.frame(matrix[, -1, drop = FALSE])
}

# A table in the common form, without rows that lack anything.
common <- function(data, time, event, x, entry = NULL, weight = NULL, stratum = NULL, cluster = NULL) {
  table <- data.frame(time = time, event = event)
  if (!is.null(entry)) table$entry <- entry
  if (!is.null(weight)) table$weight <- weight
  if (!is.null(stratum)) table$stratum <- as.integer(factor(stratum))
  if (!is.null(cluster)) table$cluster <- as.integer(factor(cluster))
  if (length(x) > 0) {
    columns <- numbers(data, x)
    names(columns) <- paste0("x.", make.names(names(columns)))
    table <- cbind(table, columns)
  }
  table <- table[complete.cases(table), , drop = FALSE]
  rownames(table) <- NULL
  table
}

response <- function(table, code = 1) {
  if (is.null(table$entry)) Surv(table$time, table$event == code)
  else Surv(table$entry, table$time, table$event == code)
}

cox <- function(name, table, ties = "efron", ridge = 0, residuals = nrow(table) <= 4000, shares = c(0.1, 0.5, 0.9, 1)) {
  x <- grep("^x\\.", names(table), value = TRUE)
  table$y <- response(table)
  terms <- if (ridge > 0) {
    paste0("ridge(", paste(x, collapse = ","), ",theta=", ridge, ",scale=FALSE)")
  } else paste(x, collapse = "+")
  if (!is.null(table$stratum)) terms <- paste0(terms, "+strata(stratum)")
  formula <- as.formula(paste("y ~", terms))
  w <- if (is.null(table$weight)) rep(1, nrow(table)) else table$weight
  table$w <- w
  robust <- !is.null(table$cluster)
  environment(formula) <- environment()
  fit <- if (robust) {
    coxph(formula, table, weights = w, ties = ties, cluster = cluster, control = control)
  } else coxph(formula, table, weights = w, ties = ties, robust = FALSE, control = control)
  answers <- list(coefficients = coef(fit), log_likelihood = fit$loglik,
                  variance = if (robust) fit$naive.var else fit$var)
  if (robust) answers$robust_variance <- fit$var
  if (ridge == 0 && is.null(table$stratum)) {
    centre <- as.data.frame(as.list(colMeans(table[x])))
    curve <- survfit(fit, newdata = centre, se.fit = FALSE)
    at <- unique(quantile(table$time[table$event == 1], shares, type = 1))
    answers$times <- at
    answers$survival_at_means <- summary(curve, times = at)$surv
  }
  if (residuals && ridge == 0) {
    answers$martingale <- residuals(fit, type = "martingale")
    answers$deviance <- residuals(fit, type = "deviance")
    answers$score <- residuals(fit, type = "score")
    if (is.null(table$weight)) {
      answers$schoenfeld <- residuals(fit, type = "schoenfeld")
      answers$scaled_schoenfeld <- residuals(fit, type = "scaledsch")
    }
    for (scale in c("km", "identity", if (all(table$time[table$event == 1] > 0)) "log")) {
      test <- cox.zph(fit, transform = scale, terms = FALSE)$table
      answers[[paste0("proportional_", scale)]] <- c(test[, "chisq"], test[, "p"])
    }
  }
  case(name, "cox", paste0("ties=", ties, ";ridge=", ridge), table[setdiff(names(table), c("y", "w"))], answers)
}

lung$dead <- lung$status == 2
L <- function(...) common(lung, lung$time, lung$dead, c("age", "sex", "ph.ecog"), ...)
cox("lung", L())
cox("lung-breslow", L(), ties = "breslow")
cox("lung-strata", L(stratum = lung$inst))
cox("lung-ridge", L(), ridge = 5)
cox("lung-weights", L(weight = 0.5 + lung$pat.karno / 100))
cox("flchain", with(subset(flchain, kappa > 0 & lambda > 0), common(
  data.frame(age, sex, kappa = log(kappa), lambda = log(lambda)),
  pmax(futime, 0.5), death, c("age", "sex", "kappa", "lambda"))))
cox("veteran", common(veteran, veteran$time, veteran$status, c("trt", "celltype", "karno", "diagtime", "age", "prior")))
cox("veteran-strata", common(veteran, veteran$time, veteran$status, c("trt", "karno", "age"), stratum = veteran$celltype))
cox("ovarian", common(ovarian, ovarian$futime, ovarian$fustat, c("age", "resid.ds", "rx", "ecog.ps")))
last <- subset(colon, etype == 2)
cox("colon", common(last, last$time, last$status, c("rx", "sex", "age", "obstruct", "perfor", "adhere", "nodes", "extent")))
cox("colon-both", common(colon, colon$time, colon$status, c("rx", "sex", "age", "nodes"), stratum = colon$etype, cluster = colon$id))
cox("rotterdam", common(rotterdam, rotterdam$dtime, rotterdam$death,
  c("year", "age", "meno", "size", "grade", "nodes", "pgr", "er", "hormon", "chemo")))
cox("rotterdam-ridge", common(rotterdam, rotterdam$dtime, rotterdam$death,
  c("age", "meno", "size", "grade", "nodes", "hormon")), ridge = 10)
cox("gbsg", common(gbsg, gbsg$rfstime, gbsg$status, c("age", "meno", "size", "grade", "nodes", "pgr", "er", "hormon")))
cox("pbc", common(pbc, pbc$time, pbc$status == 2, c("age", "sex", "edema", "bili", "albumin", "protime", "stage")))
cox("mgus2", common(mgus2, mgus2$futime, mgus2$death, c("age", "sex", "hgb", "creat", "mspike")))
cox("kidney", common(kidney, kidney$time, kidney$status, c("age", "sex", "disease"), cluster = kidney$id))
cox("bladder-ag", common(bladder2, bladder2$stop, bladder2$event, c("rx", "number", "size"),
  entry = bladder2$start, cluster = bladder2$id))
cox("bladder-wlw", common(bladder, bladder$stop, bladder$event, c("rx", "number", "size"),
  stratum = bladder$enum, cluster = bladder$id))
cox("cgd-ag", common(cgd, cgd$tstop, cgd$status, c("treat", "sex", "age", "height", "weight", "inherit", "steroids", "propylac"),
  entry = cgd$tstart, cluster = cgd$id))
cox("cgd-pwp", common(cgd, cgd$tstop, cgd$status, c("treat", "inherit", "steroids"),
  entry = cgd$tstart, stratum = pmin(cgd$enum, 4), cluster = cgd$id))
cox("heart", common(heart, heart$stop, heart$event, c("age", "year", "surgery", "transplant"), entry = heart$start))
cox("heart-breslow", common(heart, heart$stop, heart$event, c("age", "year", "surgery", "transplant"), entry = heart$start), ties = "breslow")
cox("jasa1", common(jasa1, jasa1$stop, jasa1$event, c("transplant", "age", "year", "surgery"), entry = jasa1$start))
visits <- pbcseq[order(pbcseq$id, pbcseq$day), ]
again <- c(visits$id[-1] == visits$id[-nrow(visits)], FALSE)
visits$stop <- ifelse(again, c(visits$day[-1], 0), visits$futime)
visits$dead <- !again & visits$status == 2
visits <- subset(visits, stop > day)
cox("pbcseq-visits", common(visits, visits$stop, visits$dead, c("age", "edema", "bili", "albumin", "protime"),
  entry = visits$day, cluster = visits$id))
# Near the end of this table survfit loses count of the rows at risk (n.risk is -2
# at the last event), where times and entries differ in their last bits.
cox("nafld-by-age", shares = c(0.1, 0.5, 0.9), common(nafld1, nafld1$age + nafld1$futime / 365.25, nafld1$status, c("male", "bmi"),
  entry = nafld1$age)[nafld1$futime[complete.cases(nafld1[c("male", "bmi")])] > 0, ])
late <- subset(myeloma, futime > entry)
cox("myeloma-late-entry", common(late, late$futime, late$death, "year", entry = late$entry))
cox("retinopathy", common(retinopathy, retinopathy$futime, retinopathy$status, c("laser", "age", "type", "trt", "risk"), cluster = retinopathy$id))
cox("diabetic", common(diabetic, diabetic$time, diabetic$status, c("laser", "age", "trt", "risk"), cluster = diabetic$id))
cox("nwtco-weights", common(nwtco, nwtco$edrel, nwtco$rel, c("histol", "stage", "age"), weight = 1 + nwtco$instit / 3, cluster = nwtco$seqno))
cox("stanford2", common(stanford2, stanford2$time, stanford2$status, c("age", "t5")))
cox("transplant", common(transplant, pmax(transplant$futime, 0.5), transplant$event == "ltx", c("age", "sex", "abo", "year")))
cox("myeloid", common(myeloid, myeloid$futime, myeloid$death, c("trt", "sex")))
cox("udca", common(udca2, udca2$futime, udca2$status, c("trt", "stage", "bili"), stratum = udca2$endpoint, cluster = udca2$id))
cox("rats", common(rats, rats$time, rats$status, "rx", stratum = rats$litter))

curve <- function(name, table) {
  table$y <- response(table)
  table$w <- if (is.null(table$weight)) rep(1, nrow(table)) else table$weight
  fit <- survfit(y ~ 1, table, weights = w, timefix = FALSE, robust = FALSE)
  hit <- fit$n.event > 0
  left <- hit & fit$n.risk > fit$n.event
  at <- seq(1, sum(hit), length.out = min(sum(hit), 50))
  keep <- function(values) values[hit][at]
  held <- function(values) { values[!left] <- 0; keep(values) }
  case(name, "kaplan_meier", "", table[setdiff(names(table), c("y", "w"))], list(
    times = keep(fit$time), at_risk = keep(fit$n.risk), survival = keep(fit$surv),
    log_error = held(fit$std.err), lower = held(fit$lower), upper = held(fit$upper),
    cumulative_hazard = keep(fit$cumhaz), hazard_error = keep(fit$std.chaz)))
}
curve("km-lung", common(lung, lung$time, lung$dead, c()))
curve("km-flchain", common(flchain, flchain$futime, flchain$death, c()))
curve("km-mgus2-weights", common(mgus2, mgus2$futime, mgus2$death, c(), weight = mgus2$age / 70))
curve("km-myeloma-late-entry", common(late, late$futime, late$death, c(), entry = late$entry))

competing <- function(name, table) {
  x <- grep("^x\\.", names(table), value = TRUE)
  fit <- crr(table$time, table$event, as.matrix(table[x]), gtol = 1e-10, maxiter = 40)
  at <- quantile(table$time[table$event == 1], c(0.1, 0.5, 0.9), type = 1)
  steps <- vapply(at, function(t) sum(fit$bfitj[fit$uftime <= t]), 0)
  means <- colMeans(table[x])
  case(paste0(name, "-crr"), "fine_gray", "as=crr", table, list(
    coefficients = fit$coef, log_likelihood = fit$loglik, fine_gray_variance = fit$var,
    times = at, survival_at_means = exp(-steps * exp(sum(means * fit$coef)))))
  long <- cbind(table, id = seq_len(nrow(table)))
  long$event <- factor(long$event, 0:2)
  long <- finegray(Surv(time, event) ~ ., long, etype = "1", timefix = FALSE)
  formula <- as.formula(paste("Surv(fgstart, fgstop, fgstatus) ~", paste(x, collapse = "+")))
  for (ties in c("efron", "breslow")) {
    fit <- coxph(formula, long, weights = fgwt, cluster = id, ties = ties, control = control)
    case(paste0(name, "-finegray-", ties), "fine_gray", paste0("as=finegray;ties=", ties), table, list(
      coefficients = coef(fit), log_likelihood = fit$loglik[2],
      model_variance = fit$naive.var, robust_variance = fit$var))
  }
}
plasma <- transform(mgus2, t = ifelse(pstat == 1, ptime, futime), e = ifelse(pstat == 1, 1, 2 * death))
competing("mgus2", common(plasma, plasma$t, plasma$e, c("age", "sex", "hgb", "mspike")))
listed <- transform(transplant, e = match(as.character(event), c("ltx", "death", "withdraw"), nomatch = 0))
listed$e <- ifelse(listed$e == 3, 2, listed$e)
competing("transplant", common(listed, pmax(listed$futime, 0.5), listed$e, c("age", "sex", "abo")))
relapse <- transform(rotterdam, t = pmin(rtime, dtime), e = ifelse(recur == 1, 1, 2 * death))
competing("rotterdam", common(relapse, relapse$t, relapse$e, c("age", "meno", "size", "grade", "nodes", "hormon")))

incidence <- function(name, table) {
  causes <- sort(setdiff(unique(table$event), 0))
  fit <- survfit(Surv(time, factor(event, c(0, causes))) ~ 1, table, timefix = FALSE)
  hit <- rowSums(fit$n.event) > 0
  at <- which(hit)[unique(round(seq(1, sum(hit), length.out = min(sum(hit), 50))))]
  case(name, "aalen_johansen", "", table, list(
    times = fit$time[at], share = fit$pstate[at, -1], error = fit$std.err[at, -1],
    event_free = fit$pstate[at, 1]))
}
incidence("aj-mgus2", common(plasma, plasma$t, plasma$e, c()))
incidence("aj-transplant", common(listed, pmax(listed$futime, 0.5), match(as.character(listed$event), c("ltx", "death", "withdraw"), nomatch = 0), c()))
incidence("aj-rotterdam", common(relapse, relapse$t, relapse$e, c()))

states <- function(name, data, table) {
  to <- factor(table$event, 0:max(table$from, table$event))
  fit <- survfit(Surv(table$entry, table$time, to) ~ 1, id = data$id,
                 istate = factor(table$from, levels = seq_len(max(table$from, table$event))), timefix = FALSE)
  hit <- rowSums(as.matrix(fit$n.event)) > 0
  at <- which(hit)[unique(round(seq(1, sum(hit), length.out = min(sum(hit), 50))))]
  order <- order(as.integer(fit$states))
  case(name, "occupation", "", table, list(times = fit$time[at], share = fit$pstate[at, order]))
}
# Alive after entry (1), in complete response (2), relapsed (3), dead (4).
stays <- do.call(rbind, lapply(seq_len(nrow(myeloid)), function(i) {
  person <- myeloid[i, ]
  ends <- c(person$crtime, person$rltime, person$futime)
  to <- c(2, 3, if (person$death == 1) 4 else 0)
  keep <- !is.na(ends) & c(TRUE, TRUE, TRUE)
  ends <- ends[keep]; to <- to[keep]
  keep <- c(diff(ends) > 0, TRUE)
  ends <- ends[keep]; to <- to[keep]
  data.frame(id = person$id, entry = c(0, head(ends, -1)), time = ends, from = c(1, head(to, -1)), event = to)
}))
stays <- subset(stays, time > entry)
states("states-myeloid", stays, stays[c("time", "event", "entry", "from")])
