# `forest` by ranger: options TREES COLUMNS_PER_SPLIT LEAST_ROWS; the answer is
# the risk of each row. ranger limits the rows of a node that is cut, not those
# of its sides: twice the least rows come nearest.

suppressPackageStartupMessages({
  library(ranger)
  library(survival)
})
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "table.R"))

frame <- data.frame(time = time, event = as.integer(code == 1), covariates)
measured(
  function() {
    ranger(
      Surv(time, event) ~ ., frame,
      num.trees = as.integer(options_given[1]),
      mtry = as.integer(options_given[2]),
      min.node.size = 2 * as.integer(options_given[3]),
      num.threads = 1, oob.error = FALSE, seed = 1
    )
  },
  function(fitted) rowSums(predict(fitted, frame, num.threads = 1)$chf)
)
