import { COLOURS } from "./colours.ts";
import { type Box, layOut, type Point } from "./layout.ts";
import type { Picture, PictureNode, StepColour } from "./picture.ts";

const LINE = 17;
const PADDING = 10;
/** Of the widest common letters of the fonts asked for, at 13 px. */
const LETTER = 7.4;
const MOST_LETTERS = 40;
const NOTICE_HEIGHT = 28;

/** A drawing that stands alone: no script, nothing that is fetched, every text escaped. */
export function pictureToSvg(picture: Picture): string {
  const { nodes, edges, notice, title } = picture;
  const sized = nodes.map((node) => ({ key: node.key, ...sizeOf(node) }));
  const layout = layOut(sized, edges);
  const top = notice === undefined ? 0 : NOTICE_HEIGHT;
  const width = Math.ceil(
    Math.max(layout.width, notice === undefined ? 0 : notice.length * LETTER + 32),
  );
  const height = Math.ceil(layout.height + top);
  const arrows = edges.map(({ reads }, at) => arrow(layout.paths[at] ?? [], reads));
  const boxes = nodes.map((node) => drawNode(node, layout.boxes.get(node.key) as Box));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${escapeXml(title)}</title>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#57606a"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...(notice === undefined
      ? []
      : [`<text x="16" y="20" fill="${COLOURS.failed.stroke}">${escapeXml(notice)}</text>`]),
    `<g transform="translate(${(width - layout.width) / 2} ${top})">`,
    ...arrows,
    ...boxes,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function sizeOf(node: PictureNode): { width: number; height: number } {
  const lines = linesOf(node);
  const letters = Math.max(...lines.map(widthOf));
  return {
    width: Math.ceil(Math.max(80, letters * LETTER + 2 * PADDING)),
    height: lines.length * LINE + 2 * PADDING - 4,
  };
}

function drawNode(node: PictureNode, { x, y, width, height }: Box): string {
  const { fill, stroke, text } = COLOURS[node.state];
  const middle = round(x + width / 2);
  const rows = linesOf(node).map(
    (line, at) =>
      `<text x="${middle}" y="${round(y + PADDING + LINE * at + 11)}" text-anchor="middle" fill="${text}"${at === 0 ? ' font-weight="600"' : ""}>${escapeXml(line)}</text>`,
  );
  const dash = dashOf(node.state);
  return `<g class="step ${node.state}"><rect x="${round(x)}" y="${round(y)}" width="${width}" height="${height}" rx="6" fill="${fill}" stroke="${stroke}"${dash}/>${rows.join("")}</g>`;
}

function dashOf(state: StepColour): string {
  return state === "skipped" || state === "cancelled" ? ' stroke-dasharray="5 3"' : "";
}

function linesOf({ id, lines }: PictureNode): string[] {
  return [id, ...lines].map((line) => {
    const flat = line.replaceAll(/\s+/g, " ");
    const letters = [...flat];
    return letters.length > MOST_LETTERS ? `${letters.slice(0, MOST_LETTERS - 1).join("")}…` : flat;
  });
}

/** In letters; those of Chinese, Japanese and Korean take two. */
function widthOf(line: string): number {
  return [...line].reduce((sum, letter) => sum + (letter >= "\u1100" ? 2 : 1), 0);
}

/** Leaves and arrives straight down. */
function arrow(points: readonly Point[], reads: boolean): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let before = first;
  let path = `M${round(first.x)} ${round(first.y)}`;
  for (const point of rest) {
    const bend = (point.y - before.y) / 2;
    path += `C${round(before.x)} ${round(before.y + bend)} ${round(point.x)} ${round(point.y - bend)} ${round(point.x)} ${round(point.y)}`;
    before = point;
  }
  const dash = reads ? ' stroke-dasharray="4 4"' : "";
  return `<path d="${path}" fill="none" stroke="#57606a" stroke-width="1.2"${dash} marker-end="url(#tip)"/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Anybody's text as XML text; what XML cannot hold is shown as the sign for it. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
    .replaceAll(/[\p{Cc}\uFFFE\uFFFF]/gu, "\uFFFD");
}
