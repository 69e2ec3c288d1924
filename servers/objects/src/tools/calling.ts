import { isTrestleError, type JsonObject } from "@trestle/protocol";
import { defineTool, type Hints } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { answerShape, args, askedBy, className, expectedSeq, id } from "./shapes.ts";

/** Methods of a class only ever change their own object; some take away what was there. */
const CALLS: Hints = { readOnly: false, destructive: true, idempotent: false, openWorld: false };
const ADDS: Hints = { readOnly: false, destructive: false, idempotent: true, openWorld: false };

const initializeInput = z.object({
  class: className,
  id,
  args: args.describe("What it begins with, as object_describe_class tells; nothing by default"),
});
const initializeOutput = z.object({
  seq: answerShape.seq,
  created: z.boolean().describe("False: it was there already, and is as it was"),
});

export const objectInitialize = defineTool<typeof initializeInput, typeof initializeOutput, State>({
  name: "object_initialize",
  title: "Initialize an object",
  description:
    "Makes an object of a class (counter, document, kv, lock, presence, queue, or your own) under a name of your choice. One that is there already stays as it is.",
  aliases: ["objectInitialize", "initialize_object"],
  input: initializeInput,
  output: initializeOutput,
  hints: ADDS,
  async run({ class: name, id: of, args: given = {} }, context) {
    const { caller, key } = askedBy(context);
    const request = { args: given as JsonObject, ...(key === undefined ? {} : { key }) };
    const answer = await context.state.initialize({ class: name, id: of }, request, caller);
    const { created } = answer.result as { created: boolean };
    if (created && !answer.repeated) context.listChanged("resources");
    return { seq: answer.seq, created };
  },
});

const callShape = {
  class: className,
  id,
  method: z.string().max(64).describe("Method of the class, such as increment"),
  args: args.describe("Arguments of the method, as object_describe_class tells"),
  expectedSeq,
};
const callInput = z.object(callShape);
const callOutput = z.object(answerShape);

export const objectCall = defineTool<typeof callInput, typeof callOutput, State>({
  name: "object_call",
  title: "Call a method of an object",
  description:
    "Runs one method of an object, alone and at once: what it stores is durable when this answers, and everyone who watches is told. A refused call changes nothing.",
  aliases: ["objectCall", "call_object", "call_method"],
  argumentAliases: { arguments: "args", params: "args" },
  input: callInput,
  output: callOutput,
  hints: CALLS,
  async run(call, context) {
    const { caller, key } = askedBy(context);
    return await callOne(context.state, { ...call, key }, caller);
  },
});

const MOST_CALLS = 100;
const batchInput = z.object({
  calls: z
    .array(z.object(callShape))
    .min(1)
    .max(MOST_CALLS)
    .describe("Those on the same object are done in this order, each for itself"),
});
const batchOutput = z.object({
  succeeded: z.int(),
  failed: z.int(),
  results: z.array(
    z.object({
      ok: z.boolean(),
      ...z.object(answerShape).partial().shape,
      error: z.object({ code: z.string(), message: z.string() }).optional(),
    }),
  ),
});

export const objectBatchCall = defineTool<typeof batchInput, typeof batchOutput, State>({
  name: "object_batch_call",
  title: "Call methods of objects",
  description:
    "Runs up to 100 calls on any objects. Each succeeds or fails by itself, and the answers are in the order of the calls.",
  aliases: ["objectBatchCall", "batch_call_objects"],
  input: batchInput,
  output: batchOutput,
  hints: CALLS,
  async run({ calls }, context) {
    const { caller, key } = askedBy(context);
    const before = new Map<string, Promise<unknown>>();
    const running = calls.map((call, index) => {
      const of = `${call.class}/${call.id}`;
      const keyed = { ...call, key: key === undefined ? undefined : `${key}/${index}` };
      const ran = Promise.resolve(before.get(of)).then(() => outcome(context.state, keyed, caller));
      before.set(of, ran);
      return ran;
    });
    const results = await Promise.all(running);
    const succeeded = results.filter(({ ok }) => ok).length;
    return { succeeded, failed: results.length - succeeded, results };
  },
});

type Call = z.output<typeof callInput> & { readonly key: string | undefined };
type CallAnswer = z.output<typeof callOutput>;

async function callOne(state: State, call: Call, caller: string): Promise<CallAnswer> {
  const { class: name, id: of, method, args: given = {}, key, expectedSeq: seq } = call;
  const request = {
    ...{ method, args: given as JsonObject },
    ...(key === undefined ? {} : { key }),
    ...(seq === undefined ? {} : { expectedSeq: seq }),
  };
  return (await state.call({ class: name, id: of }, request, caller)) as CallAnswer;
}

async function outcome(state: State, call: Call, caller: string) {
  try {
    return { ok: true, ...(await callOne(state, call, caller)) };
  } catch (error) {
    if (!isTrestleError(error)) throw error;
    return { ok: false, error: { code: error.code, message: error.message } };
  }
}
