import * as z from "zod";
import {
  defineInitial,
  defineMethod,
  defineObjectClass,
  defineReader,
  type ObjectContext,
  type ReadContext,
} from "../object-class.ts";
import { ObjectError } from "../object-error.ts";

const number = z.int().describe("A whole number that a double holds exactly");
const value = z.object({ value: number });
const by = z.object({ by: number.min(0).default(1).describe("How much; 1 by default") });

interface Bounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** A whole number that many change at once. */
export const counter = defineObjectClass({
  name: "counter",
  description: "A whole number that many change at once, within bounds where it has any",
  initial: defineInitial({
    input: z.strictObject({
      value: number.default(0).describe("What it begins with; 0 by default"),
      min: number.optional().describe("It never gets smaller"),
      max: number.optional().describe("It never gets larger"),
    }),
    run({ storage }, { value: first, ...bounds }) {
      storage.put("bounds", bounds);
      storage.put("value", within(first, bounds));
    },
  }),
  methods: {
    increment: defineMethod({
      description: "Adds to it",
      input: by,
      output: value,
      run: (context, args) => change(context, readValue(context) + args.by),
    }),
    decrement: defineMethod({
      description: "Takes from it",
      input: by,
      output: value,
      run: (context, args) => change(context, readValue(context) - args.by),
    }),
    reset: defineMethod({
      description: "Sets it, to 0 unless told otherwise",
      input: z.object({ value: number.default(0).describe("To what; 0 by default") }),
      output: value,
      run: (context, args) => change(context, args.value),
    }),
    get: defineReader({
      description: "Reads it",
      input: z.object({}),
      output: value,
      run: (context) => ({ value: readValue(context) }),
    }),
  },
  state: (context) => ({ value: readValue(context) }),
});

function readValue({ storage }: ReadContext): number {
  return Number(storage.get("value") ?? 0);
}

function change(context: ObjectContext, next: number): { value: number } {
  const bounds = (context.storage.get("bounds") ?? {}) as Bounds;
  context.storage.put("value", within(next, bounds));
  context.broadcast({ value: next });
  return { value: next };
}

function within(next: number, { min, max }: Bounds): number {
  if (!Number.isSafeInteger(next)) {
    throw new ObjectError("conflict", "The counter would be larger than a double holds exactly.");
  }
  if ((min === undefined || next >= min) && (max === undefined || next <= max)) return next;
  throw new ObjectError(
    "conflict",
    `The counter would be ${next}, beyond its bounds (${min ?? "none"} to ${max ?? "none"}).`,
  );
}
