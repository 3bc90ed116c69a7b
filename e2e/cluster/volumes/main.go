// Command volumes opens the folders that the cluster makes for volume claims to
// every user, as storage drivers do that know the user of a pod: the controller
// manager makes them for root alone, and the kubelet changes no folder of the
// node for a pod's fsGroup.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: volumes FOLDER")
		os.Exit(2)
	}
	if err := open(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "volumes:", err)
		os.Exit(1)
	}
}

// open watches the folder, and never returns while that works.
func open(folder string) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer watcher.Close()
	if err := watcher.Add(folder); err != nil {
		return err
	}
	// Those that were there before, or came in between.
	present, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return err
	}
	for _, path := range present {
		chmod(path)
	}
	for {
		select {
		case event, ok := <-watcher.Events:
			if !ok {
				return fsnotify.ErrClosed
			}
			if event.Has(fsnotify.Create) {
				chmod(event.Name)
			}
		case err := <-watcher.Errors:
			return err
		}
	}
}

// chmod tells of a failure and goes on: a folder may be gone again.
func chmod(path string) {
	if err := os.Chmod(path, 0o777); err != nil {
		fmt.Fprintln(os.Stderr, "volumes:", err)
	}
}
