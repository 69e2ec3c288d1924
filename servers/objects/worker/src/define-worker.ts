import { type ObjectClass, toClasses } from "../../src/object-class.ts";
import { answer, type FrontEnv } from "./front.ts";
import { type ObjectEnv, ObjectHostBase } from "./object-host.ts";

/** What a worker's entry exports: the class of its objects, and the front. */
export function defineWorker(classes: readonly ObjectClass[]) {
  const byName = toClasses(classes);
  class ObjectHost extends ObjectHostBase {
    constructor(context: DurableObjectState, env: ObjectEnv) {
      super(context, env, byName);
    }
  }
  const worker: ExportedHandler<FrontEnv> = {
    fetch: (request, env) => answer({ request, env, classes: byName }),
  };
  return { ObjectHost, worker };
}
