/** The runtime of Cloudflare's workers, without its network. */
export { startWorkerd, type Workerd, type WorkerdOptions } from "./start-workerd.ts";
