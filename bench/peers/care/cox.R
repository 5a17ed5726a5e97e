# Cox's and Fine and Gray's models, curves, paths and concordance by R: the
# option names the scene, as in the example care_bench.

suppressPackageStartupMessages({
  library(survival)
  library(cmprsk)
  library(glmnet)
})
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "table.R"))

dead <- code == 1
last <- function(values) values[length(values)]
# The first penalties of a path, each with its coefficients.
path <- function(threshold) {
  measured(
    function() glmnet(covariates, Surv(time, dead), family = "cox", thresh = threshold),
    function(fit) {
      points <- rbind(fit$lambda, as.matrix(coef(fit)))
      points[, seq_len(min(40, ncol(points)))]
    }
  )
}
switch(options_given[1],
  cox = measured(
    function() coxph(Surv(time, dead) ~ covariates, control = coxph.control(timefix = FALSE)),
    function(fit) c(coef(fit), fit$loglik[2])
  ),
  fine_gray = measured(
    function() crr(time, code, covariates, gtol = 1e-8),
    function(fit) fit$coef
  ),
  kaplan_meier = measured(
    function() survfit(Surv(time, dead) ~ 1, timefix = FALSE),
    function(fit) last(fit$surv)
  ),
  path = path(1e-7),
  path_exact = path(1e-14),
  concordance_index = measured(
    function() concordance(Surv(time, dead) ~ covariates[, 1], reverse = TRUE, timefix = FALSE),
    function(fit) fit$concordance
  ),
  aalen_johansen = measured(
    function() survfit(Surv(time, factor(code)) ~ 1, timefix = FALSE),
    function(fit) fit$pstate[nrow(fit$pstate), -1]
  )
)
