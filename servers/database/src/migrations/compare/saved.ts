import { TrestleError } from "@trestle/protocol";
import type { Folder } from "../../transfer/folder.ts";
import type { SchemaShape } from "./shape.ts";

/** Keeps a shape under a name. Throws `conflict` where the name is taken. */
export async function saveShape(folder: Folder, name: string, shape: SchemaShape): Promise<string> {
  const draft = await folder.create(`${name}.json`);
  try {
    await draft.write(`${JSON.stringify(shape, null, 2)}\n`);
    await draft.keep();
    return draft.path;
  } finally {
    await draft.discard();
  }
}

export async function readShape(folder: Folder, name: string): Promise<SchemaShape> {
  const file = await folder.read(`${name}.json`);
  try {
    const shape = JSON.parse(await file.readFile("utf8")) as SchemaShape;
    if (shape.format === 1) return shape;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  } finally {
    await file.close();
  }
  throw new TrestleError(
    "invalid_input",
    `The snapshot "${name}" is of another version or damaged: save it again by saveAs.`,
  );
}
