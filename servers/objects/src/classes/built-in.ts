import type { ObjectClass } from "../object-class.ts";
import { counter } from "./counter.ts";
import { document } from "./document.ts";
import { kv } from "./kv.ts";
import { lock } from "./lock.ts";
import { presence } from "./presence.ts";
import { queue } from "./queue.ts";

/** What every host has without being told. */
export const builtInClasses: readonly ObjectClass[] = [
  counter,
  document,
  kv,
  lock,
  presence,
  queue,
];
