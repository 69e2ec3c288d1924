import { extractImages, extractText, getDocumentProxy } from "unpdf";

/** A PDF as it is read: its text, and where it has none the images of its pages. */
export interface ReadPdf {
  readonly pages: number;
  readonly text: string;
  /** BMP files, in the order of the pages; empty where there is a text layer. */
  readonly images: readonly Buffer[];
}

/** Fewer letters than this are a page number or a stamp, and no text layer. */
const LEAST_LETTERS = 20;
const MOST_PAGES = 200;

export async function readPdf(bytes: Uint8Array): Promise<ReadPdf> {
  const pdf = await getDocumentProxy(bytes);
  if (pdf.numPages > MOST_PAGES)
    throw new Error(`It has ${pdf.numPages} pages; at most ${MOST_PAGES} are read`);
  const { text, totalPages: pages } = await extractText(pdf, { mergePages: false });
  const all = text.join("\n");
  if (all.replaceAll(/\P{L}/gu, "").length >= LEAST_LETTERS)
    return { pages, text: all, images: [] };
  const images: Buffer[] = [];
  for (let page = 1; page <= pages; page += 1)
    for (const image of await extractImages(pdf, page)) images.push(toBmp(image));
  return { pages, text: all, images };
}

interface Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: red, green and blue, 4: and how opaque. */
  readonly channels: 1 | 3 | 4;
}

/** 24 bits a pixel, from below to above, each row filled up to four bytes. */
function toBmp({ data, width, height, channels }: Pixels): Buffer {
  const row = Math.ceil((width * 3) / 4) * 4;
  const bytes = Buffer.alloc(54 + row * height);
  bytes.write("BM");
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * channels;
      const to = 54 + (height - 1 - y) * row + x * 3;
      const [red = 0, green = red, blue = red] =
        channels === 1 ? [data[from]] : [data[from], data[from + 1], data[from + 2]];
      bytes[to] = blue ?? 0;
      bytes[to + 1] = green ?? 0;
      bytes[to + 2] = red ?? 0;
    }
  }
  return bytes;
}
