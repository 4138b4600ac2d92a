// Package steady is how a test compares times: with a baseline of the same run,
// in turns, as often as it takes. It tells what the test found out, or that the
// machine was disturbed meanwhile, so that nothing can be told: that is no
// failure, is named INCONCLUSIVE in the test's output, and is counted in a file
// that KTCPVS_INCONCLUSIVE names, of which `make test` prints a summary. On a
// quiet machine what is too slow fails. It knows nothing of what is measured.
package steady
