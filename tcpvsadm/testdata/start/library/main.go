// Program library has a command line with nothing in it.
package main

import (
	"os"

	"github.com/urfave/cli/v2"
)

func main() {
	if err := (&cli.App{Name: "library", Version: "1.0.0"}).Run(os.Args); err != nil {
		os.Exit(1)
	}
}
