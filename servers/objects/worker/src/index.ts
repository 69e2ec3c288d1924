import { builtInClasses } from "../../src/classes/built-in.ts";
import { defineWorker } from "./define-worker.ts";

/** The worker of the classes that come with this package. One of your own: docs/objects-deployment.md. */
const { ObjectHost, worker } = defineWorker(builtInClasses);

export { ObjectRegistry } from "./registry.ts";
export { ObjectHost };
// A worker is its default export: that is the runtime's rule.
// biome-ignore lint/style/noDefaultExport: see above.
export default worker;
