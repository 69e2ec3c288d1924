import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { deflateSync } from "node:zlib";

/**
 * Writes the samples anew: one PDF with a text layer, and, from the grey pixels of a scanned page, one that is only
 * an image. `node src/make-samples.ts [pixels width height]`
 */
const LINES = [
  "Reserva confirmada",
  "Código: HM-2041",
  "Alojamento: Casa da Praia",
  "Hóspede: Maria Fernandes",
  "Check-in: 03/07/2026",
  "Check-out: 10/07/2026",
  "Hóspedes: 4",
  "Total: 1.240,50 EUR",
  "",
  "Reservation confirmed",
  "Confirmation code: HM-2042",
  "Property: Casa da Praia",
  "Guest: John Smith",
  "Arrival: 12 July 2026",
  "Departure: July 19, 2026",
  "Guests: 2",
  "Total: EUR 1,060.00",
];

function textPage(lines: readonly string[]): Buffer[] {
  const escaped = lines.map((line) => `(${line.replaceAll(/[\\()]/g, "\\$&")}) Tj T*`);
  const content = `BT /F1 12 Tf 16 TL 72 770 Td ${escaped.join(" ")} ET`;
  return [
    stream("", Buffer.from(content, "latin1")),
    Buffer.from(
      "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ),
  ];
}

function imagePage(pixels: Buffer, width: number, height: number): Buffer[] {
  const image = `/Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceGray /BitsPerComponent 8`;
  return [
    stream("", Buffer.from("q 595 0 0 842 0 0 cm /I1 Do Q")),
    stream(`${image} /Filter /FlateDecode`, deflateSync(pixels, { level: 9 })),
  ];
}

function stream(facts: string, body: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`<< ${facts} /Length ${body.length} >>\nstream\n`),
    body,
    Buffer.from("\nendstream"),
  ]);
}

/** One page: its content is object 4, what it uses object 5. */
function pdf([content, resource]: readonly Buffer[], resources: string): Buffer {
  const objects = [
    Buffer.from("<< /Type /Catalog /Pages 2 0 R >>"),
    Buffer.from("<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
    Buffer.from(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << ${resources} >> >>`,
    ),
    content ?? Buffer.alloc(0),
    resource ?? Buffer.alloc(0),
  ];
  const parts: Buffer[] = [Buffer.from("%PDF-1.4\n")];
  const places = objects.map((object, index) => {
    const at = parts.reduce((sum, { length }) => sum + length, 0);
    parts.push(Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from("\nendobj\n"));
    return at;
  });
  const start = parts.reduce((sum, { length }) => sum + length, 0);
  const table = places.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  const size = objects.length + 1;
  const end = `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.concat([...parts, Buffer.from(end)]);
}

const samples = new URL("../samples/", import.meta.url);
const text = pdf(textPage(LINES), "/Font << /F1 5 0 R >>");
writeFileSync(new URL("reservations.pdf", samples), text);
const [pixels, width, height] = process.argv.slice(2);
if (pixels !== undefined) {
  const page = imagePage(readFileSync(pixels), Number(width), Number(height));
  writeFileSync(new URL("scanned.pdf", samples), pdf(page, "/XObject << /I1 5 0 R >>"));
}
