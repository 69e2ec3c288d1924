/** The runtime of Cloudflare's workers, without its network. */
export { bundleWorker } from "./bundle-worker.ts";
export { startWorkerd, type Workerd, type WorkerdOptions } from "./start-workerd.ts";
