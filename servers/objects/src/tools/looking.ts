import { TrestleError } from "@trestle/protocol";
import { defineTool, type Hints } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { className, event, id, summary } from "./shapes.ts";

const READS: Hints = { readOnly: true, destructive: false, idempotent: true, openWorld: false };

const getInput = z.object({ class: className, id });
const getOutput = summary.extend({ state: z.unknown() });

export const objectGet = defineTool<typeof getInput, typeof getOutput, State>({
  name: "object_get",
  title: "Get an object",
  description: "The state of an object, with its sequence number.",
  aliases: ["objectGet", "get_object", "object_state"],
  input: getInput,
  output: getOutput,
  hints: READS,
  run: async (ref, { state }) => (await state.get(ref)) as z.output<typeof getOutput>,
});

const listInput = z.object({
  class: className.optional().describe("Only objects of this class"),
  cursor: z.string().max(300).optional().describe("Of the page before"),
  limit: z.int().min(1).max(1_000).optional().describe("How many at most; 100 by default"),
});
const listOutput = z.object({
  objects: z.array(summary),
  cursor: z.string().optional().describe("Give it to get what follows"),
});

export const objectList = defineTool<typeof listInput, typeof listOutput, State>({
  name: "object_list",
  title: "List objects",
  description: "The objects that there are, by class and name.",
  aliases: ["objectList", "list_objects"],
  input: listInput,
  output: listOutput,
  hints: READS,
  async run({ class: name, cursor, limit = 100 }, { state }) {
    const page = await state.list({
      limit,
      ...(name === undefined ? {} : { class: name }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    return { ...page, objects: [...page.objects] };
  },
});

const describeInput = z.object({
  class: className.optional().describe("All of them where it is left out, without their schemas"),
});
const schema = z.record(z.string(), z.unknown());
const describeOutput = z.object({
  classes: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      initial: schema.optional().describe("JSON Schema of what object_initialize takes as args"),
      methods: z.array(
        z.object({
          name: z.string(),
          description: z.string(),
          isReadOnly: z.boolean(),
          input: schema.optional().describe("JSON Schema of args"),
          output: schema.optional().describe("JSON Schema of result"),
        }),
      ),
    }),
  ),
});

export const objectDescribeClass = defineTool<typeof describeInput, typeof describeOutput, State>({
  name: "object_describe_class",
  title: "Describe classes of objects",
  description: "What objects of a class can do: their methods, with the arguments of each.",
  aliases: ["objectDescribeClass", "describe_object_class"],
  input: describeInput,
  output: describeOutput,
  hints: READS,
  async run({ class: name }, { state }) {
    const { classes } = await state.classes();
    if (name !== undefined) {
      const found = classes.filter((each) => each.name === name);
      if (found.length === 0) throw noClass(name, classes);
      return { classes: found as never };
    }
    const brief = classes.map(({ name: of, description, methods }) => ({
      ...{ name: of, description },
      methods: methods.map(({ name: method, description: does, isReadOnly }) => {
        return { name: method, description: does, isReadOnly };
      }),
    }));
    return { classes: brief };
  },
});

function noClass(name: string, classes: readonly { readonly name: string }[]): TrestleError {
  const known = classes.map((each) => each.name).join(", ");
  return new TrestleError("not_found", `There is no class ${name}; there are ${known}.`);
}

const historyInput = z.object({
  class: className,
  id,
  since: z.int().min(0).optional().describe("Only what came after this sequence number"),
  limit: z.int().min(1).max(200).optional().describe("How many at most; 20 by default"),
});
const historyOutput = z.object({
  events: z.array(event).describe("The oldest first"),
  seq: z.int().describe("Of the object now"),
  complete: z.boolean().describe("False: some of what came after `since` is no longer kept"),
});

export const objectHistory = defineTool<typeof historyInput, typeof historyOutput, State>({
  name: "object_history",
  title: "History of an object",
  description:
    "What changed an object: the last changes, or those after a sequence number, with who made them and what the object told its watchers. The last 1,000 are kept.",
  aliases: ["objectHistory", "object_events"],
  input: historyInput,
  output: historyOutput,
  hints: READS,
  async run({ class: name, id: of, since, limit = 20 }, { state }) {
    const ref = { class: name, id: of };
    if (since !== undefined) return (await state.events(ref, { since, limit })) as never;
    const { seq } = await state.events(ref, { since: 0, limit: 1 });
    const last = await state.events(ref, { since: Math.max(0, seq - limit), limit });
    return last as never;
  },
});
