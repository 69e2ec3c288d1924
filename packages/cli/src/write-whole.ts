import { open, rename, rm } from "node:fs/promises";
import { messageOf, TrestleError } from "@trestle/protocol";

/** Nobody finds half a file under the name. Throws `invalid_input` where nothing can be written there. */
export async function writeWhole(path: string, pieces: AsyncIterable<string>): Promise<void> {
  const draft = `${path}.part`;
  const file = await open(draft, "wx").catch((error: unknown) => {
    throw new TrestleError("invalid_input", `${draft} can not be written: ${messageOf(error)}.`);
  });
  try {
    for await (const piece of pieces) await file.write(piece);
    await file.sync();
    await file.close();
    await rename(draft, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(draft, { force: true });
    throw error;
  }
}
