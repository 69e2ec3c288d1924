import { mkdtemp, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { TrestleError } from "@trestle-mcp/server-kit";

export const LANGUAGES = ["por", "eng", "por+eng"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What is used of tesseract.js, which weighs 70 MB with its languages and is there only where it was installed. */
interface Tesseract {
  readonly OEM: { readonly LSTM_ONLY: number };
  createWorker(codes: readonly string[], mode: number, options: object): Promise<Worker>;
}
interface Worker {
  recognize(image: Buffer): Promise<{ readonly data: { readonly text: string } }>;
  terminate(): Promise<unknown>;
}

/**
 * The text of images, one after the other. The languages come from npm packages: nothing is fetched.
 * @param folder whose packages are used
 */
export async function recognize(
  images: readonly Buffer[],
  language: Language,
  folder: string,
): Promise<string> {
  const installed = createRequire(join(folder, "package.json"));
  const { createWorker, OEM } = loadTesseract(installed);
  const codes = language.split("+");
  // One folder for all of them, and each package brings its own.
  const langPath = await mkdtemp(join(tmpdir(), "documents-languages-"));
  try {
    for (const code of codes)
      await symlink(fileOf(code, installed), join(langPath, `${code}.traineddata.gz`));
    const worker = await createWorker(codes, OEM.LSTM_ONLY, { langPath, cacheMethod: "none" });
    try {
      const texts: string[] = [];
      for (const image of images) texts.push((await worker.recognize(image)).data.text);
      return texts.join("\n");
    } finally {
      await worker.terminate();
    }
  } finally {
    await rm(langPath, { recursive: true, force: true });
  }
}

function loadTesseract(installed: NodeJS.Require): Tesseract {
  try {
    return installed("tesseract.js") as Tesseract;
  } catch (error) {
    throw new TrestleError(
      "unsupported",
      "This document has only images, and text recognition is not installed: run `npm install --prefix ocr tesseract.js @tesseract.js-data/por @tesseract.js-data/eng`, and name that folder in DOCUMENTS_OCR.",
      { cause: error },
    );
  }
}

/** The small and fast one of the two models in each package. */
function fileOf(code: string, installed: NodeJS.Require): string {
  const folder = dirname(installed.resolve(`@tesseract.js-data/${code}/package.json`));
  return join(folder, "4.0.0_best_int", `${code}.traineddata.gz`);
}
