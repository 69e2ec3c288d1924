import { readFile } from "node:fs/promises";
import { messageOf, TrestleError } from "@trestle/protocol";
import * as z from "zod";

/** A file that the operator wrote. Throws `invalid_config` naming the file, and what is wrong with it. */
export async function readJsonFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new TrestleError("invalid_config", `${path} can not be read: ${messageOf(error)}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new TrestleError(
    "invalid_config",
    `${path} is not valid:\n${z.prettifyError(parsed.error)}`,
  );
}
