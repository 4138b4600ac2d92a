package resolve

import (
	"context"
	"sync"
)

// atOnce is how many are looked up at the same time.
const atOnce = 64

// SideBySide does something for each key, many at the same time, and gives what came
// of those that were done before ctx. One that is still under way then ends by
// itself and is not waited for.
func SideBySide[K comparable, V any](ctx context.Context, keys []K, do func(K) V) map[K]V {
	type outcome struct {
		key   K
		value V
	}
	outcomes := make(chan outcome, len(keys)) // nobody waits for its reader
	queue := make(chan K, len(keys))
	for _, key := range keys {
		queue <- key
	}
	close(queue)
	var busy sync.WaitGroup
	for range min(atOnce, len(keys)) {
		busy.Go(func() {
			for key := range queue {
				if ctx.Err() == nil {
					outcomes <- outcome{key, do(key)}
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		busy.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	all := make(map[K]V, len(keys))
	for range len(outcomes) {
		o := <-outcomes
		all[o.key] = o.value
	}
	return all
}
