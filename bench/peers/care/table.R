# The table of a scene, and the clock, for the R peers: as table.py.

arguments <- commandArgs(TRUE)
rows <- as.integer(arguments[2])
columns <- as.integer(arguments[3])
answer_file <- arguments[4]
options_given <- arguments[-(1:4)]

values <- matrix(
  readBin(arguments[1], "double", rows * (columns + 2), endian = "little"),
  nrow = rows
)
time <- values[, 1]
code <- as.integer(values[, 2])
covariates <- values[, -(1:2), drop = FALSE]
colnames(covariates) <- if (columns > 0) paste0("x", seq_len(columns))
rm(values)

# Does the work, prints its processor seconds, and writes what `answer` finds.
measured <- function(work, answer) {
  clock <- function() sum(proc.time()[c("user.self", "sys.self")])
  start <- clock()
  result <- work()
  seconds <- clock() - start
  writeBin(as.double(answer(result)), answer_file, endian = "little")
  cat(sprintf("{\"seconds\": %.6f}\n", seconds))
}
