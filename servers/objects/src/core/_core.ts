import { join } from "node:path";
import { openTurns } from "@trestle/store";
import { type ManualClock, manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished } from "vitest";
import { builtInClasses } from "../classes/built-in.ts";
import { type ObjectClass, toClasses } from "../object-class.ts";
import { DEFAULT_LIMITS, type Limits } from "../protocol.ts";
import type { ObjectCore, Turn } from "./core.ts";
import { createObjectCore } from "./create-core.ts";
import { SCHEMA } from "./schema.ts";
import type { SqlPort } from "./sql-port.ts";

export interface CoreUnderTest {
  readonly core: ObjectCore;
  readonly clock: ManualClock;
  /** The result of a call on an object by `class/id`. */
  call(object: string, method: string, args?: object): unknown;
  initialize(object: string, args?: object): Turn;
  /** Rings what is due, as a host does. */
  ring(object: string): Turn | undefined;
  state(object: string): unknown;
}

/** The heart of a host, over a real file. */
export function openCore(
  own: readonly ObjectClass[] = [],
  limits: Partial<Limits> = {},
): CoreUnderTest {
  const file = join(temporaryFolder(), "objects.db");
  const migrations = [{ name: "objects", sql: SCHEMA.join(";") }];
  const turns = openTurns({ file, migrations, durability: "normal" });
  onTestFinished(() => turns.close());
  const clock = manualClock();
  let ids = 0;
  const core = createObjectCore({
    sql: turns as SqlPort,
    classes: toClasses([...builtInClasses, ...own]),
    limits: { ...DEFAULT_LIMITS, ...limits },
    now: clock.now,
    newId: () => `id-${++ids}`,
  });
  return {
    ...{ core, clock },
    call: (object, method, args = {}) =>
      core.call(refOf(object), { method, args: { ...args } }, "ada").answer.result,
    initialize: (object, args = {}) => core.initialize(refOf(object), { args: { ...args } }, "ada"),
    ring: (object) => core.ring(refOf(object)),
    state: (object) => core.get(refOf(object)).state,
  };
}

export function refOf(object: string) {
  const [name = "", id = ""] = object.split("/");
  return { class: name, id };
}

/** Fits a thrown `ObjectError` of this code. */
export function refused(code: string) {
  return expect.objectContaining({ name: "ObjectError", code });
}
