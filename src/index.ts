import { isMainThread } from 'node:worker_threads'

// The bundle is one program: the thread that reads Python starts here too, and loads nothing of the rest.
if (isMainThread) await (await import('./start.ts')).start(new URL(import.meta.url))
else await (await import('./check/worker.ts')).runWorker()
