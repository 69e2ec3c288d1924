import * as z from "zod";
import { documentSchema } from "./schema.ts";

/** The JSON Schema of `trestle.json`, for editors. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(documentSchema, { io: "input", reused: "ref" });
  return { ...schema, title: "Configuration of the Trestle bridge" };
}
