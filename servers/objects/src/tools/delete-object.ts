import { confirmArgument, confirmDeed, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { askedBy, className, expectedSeq, id } from "./shapes.ts";

const input = z.object({ class: className, id, expectedSeq, confirm: confirmArgument });
const output = z.object({ deleted: z.boolean(), seq: z.int() });

export const objectDelete = defineTool<typeof input, typeof output, State>({
  name: "object_delete",
  title: "Delete an object",
  description: "Takes an object away with its state and its history. Asks the user first.",
  aliases: ["objectDelete", "delete_object"],
  input,
  output,
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  async run({ class: name, id: of, expectedSeq: given, confirm }, context) {
    const ref = { class: name, id: of };
    await context.state.get(ref); // nobody is asked about what is not there
    const object = `${name}/${of}`;
    const action = `Delete ${object} with its state and its history.`;
    const question = confirmDeed(context, { object, action }, confirm);
    if (question !== undefined) return question;
    const { caller, key } = askedBy(context);
    const request = {
      ...(key === undefined ? {} : { key }),
      ...(given === undefined ? {} : { expectedSeq: given }),
    };
    const answer = await context.state.delete(ref, request, caller);
    context.listChanged("resources");
    return { deleted: true, seq: answer.seq };
  },
});
