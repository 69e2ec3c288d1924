import { setFlagsFromString } from "node:v8";

/**
 * Makes V8 put every new object among the young. After a first burst of runs it takes their kinds for long-lived and
 * puts the next ones among the old at once, where each that is dead keeps alive what is young beside it: then collecting
 * costs as much as running workflows does.
 */
export function keepNewObjectsYoung(): void {
  setFlagsFromString("--no-allocation-site-pretenuring");
}
