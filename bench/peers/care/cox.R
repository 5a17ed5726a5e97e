# Cox's and Fine and Gray's models and curves by R: the option names the scene,
# as in the example care_bench.

suppressPackageStartupMessages({
  library(survival)
  library(cmprsk)
})
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "table.R"))

dead <- code == 1
last <- function(values) values[length(values)]
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
  aalen_johansen = measured(
    function() survfit(Surv(time, factor(code)) ~ 1, timefix = FALSE),
    function(fit) fit$pstate[nrow(fit$pstate), -1]
  )
)
