import { readFile, realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import { defineServer, defineTool, setting, TrestleError } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { analyze } from "./analyze.ts";
import { readPdf } from "./read-pdf.ts";
import { LANGUAGES, recognize } from "./recognize.ts";
import { extractReservations } from "./reservations.ts";
import { calendar, occupancy } from "./stays.ts";

const config = z.object({
  folder: setting(z.string().min(1).default("."), {
    env: "DOCUMENTS_DIR",
    description: "Folder of the documents; nothing outside of it is read",
  }),
  ocr: setting(z.string().min(1).default("."), {
    env: "DOCUMENTS_OCR",
    description: "Folder in which tesseract.js and its languages are installed",
  }),
});

interface State {
  readonly folder: string;
  readonly ocr: string;
}

const READS = { readOnly: true, destructive: false, idempotent: true, openWorld: false };
const MOST_BYTES = 50 * 1024 * 1024;
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "expected a day such as 2026-07-01");
const text = z.string().max(2_000_000);

const textInput = z.object({
  path: z.string().min(1).describe("Of a PDF, below the folder of this server"),
  language: z.enum(LANGUAGES).default("por+eng").describe("For text recognition"),
});
const textOutput = z.object({
  text: z.string(),
  pages: z.int(),
  method: z.enum(["text", "ocr"]).describe("Whether the file had a text layer"),
});

const extractText = defineTool<typeof textInput, typeof textOutput, State>({
  name: "extract_text",
  title: "Extract text",
  description: "Reads the text of a PDF: its text layer, or by recognition where it has none.",
  input: textInput,
  output: textOutput,
  hints: READS,
  async run({ path, language }, { state }) {
    const { pages, text: layer, images } = await readPdf(await readBelow(state.folder, path));
    if (images.length === 0) return { text: layer, pages, method: "text" as const };
    return { text: await recognize(images, language, state.ocr), pages, method: "ocr" as const };
  },
});

const analyzeInput = z.object({ text });
const analyzeOutput = z.object({ language: z.string(), kind: z.string(), summary: z.string() });

const analyzeContent = defineTool<typeof analyzeInput, typeof analyzeOutput, State>({
  name: "analyze_content",
  title: "Analyze content",
  description: "Tells the language of a text and what kind of document it is.",
  input: analyzeInput,
  output: analyzeOutput,
  hints: READS,
  run: async (given) => ({ ...analyze(given.text) }),
});

const found = z.object({
  count: z.int(),
  reservations: z.array(
    z.object({
      code: z.string(),
      property: z.string().nullable(),
      guest: z.string().nullable(),
      check_in: z.string(),
      check_out: z.string(),
      guests: z.int().nullable(),
      total: z.string().nullable(),
    }),
  ),
  problems: z.array(z.string()).describe("What looked like a reservation and is none"),
});

const extract = defineTool<typeof analyzeInput, typeof found, State>({
  name: "extract_reservations",
  title: "Extract reservations",
  description:
    "Finds reservations in a Portuguese or English text. Dates in figures have the day first.",
  input: analyzeInput,
  output: found,
  hints: READS,
  async run(given) {
    const { reservations, problems } = extractReservations(given.text);
    return { count: reservations.length, reservations: [...reservations], problems: [...problems] };
  },
});

const stay = z.object({
  code: z.string(),
  guest: z.string().nullish(),
  property: z.string().nullish(),
  check_in: day,
  check_out: day,
});
const period = z.object({
  reservations: z.array(stay).max(10_000),
  from: day.describe("The first night"),
  to: day.describe("The day after the last night"),
});
const calendarOutput = z.object({
  days: z.array(
    z.object({
      day: z.string(),
      arrivals: z.array(z.string()),
      departures: z.array(z.string()),
      guests: z.array(z.string()).describe("Who sleeps there that night"),
    }),
  ),
});

const calendarTool = defineTool<typeof period, typeof calendarOutput, State>({
  name: "calendar",
  title: "Calendar",
  description:
    "Puts reservations into the form of a calendar: for each day who comes, goes and stays.",
  input: period,
  output: calendarOutput,
  hints: READS,
  run: async ({ reservations, from, to }) => ({
    days: checked(() => calendar(reservations, from, to)),
  }),
});

const occupancyInput = period.extend({
  units: z.int().min(1).default(1).describe("How many can be let at once"),
});
const occupancyOutput = z.object({
  nights: z.int(),
  occupied: z.int(),
  overbooked: z.int(),
  rate: z.number(),
});

const occupancyTool = defineTool<typeof occupancyInput, typeof occupancyOutput, State>({
  name: "occupancy",
  title: "Occupancy",
  description: "Tells how many nights of a period are let.",
  input: occupancyInput,
  output: occupancyOutput,
  hints: READS,
  run: async ({ reservations, from, to, units }) =>
    checked(() => occupancy(reservations, from, to, units)),
});

export const server = defineServer({
  name: "documents",
  title: "Documents",
  version: "0.0.0",
  description: "Reads PDF files and finds reservations in them",
  config,
  open: ({ config: { folder, ocr } }): State => ({ folder: resolve(folder), ocr: resolve(ocr) }),
  tools: [extractText, analyzeContent, extract, calendarTool, occupancyTool],
});

/** Links that lead out of the folder are followed no more than dots are. */
async function readBelow(folder: string, path: string): Promise<Uint8Array> {
  const file = await realpath(resolve(folder, path)).catch(() => undefined);
  const place = file === undefined ? ".." : relative(await realpath(folder), file);
  if (file === undefined || place.startsWith("..") || isAbsolute(place))
    throw new TrestleError("not_found", `There is no ${path} in the folder of documents`);
  const { size } = await stat(file);
  if (size > MOST_BYTES)
    throw new TrestleError("invalid_input", `${path} has over ${MOST_BYTES} bytes`);
  return new Uint8Array(await readFile(file));
}

function checked<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new TrestleError("invalid_input", error.message);
    throw error;
  }
}
