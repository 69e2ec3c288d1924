export { columns, share, sparkline, type Tone } from "./charts.ts";
export { toDocument } from "./document.ts";
export { html, type Markup } from "./markup.ts";
export { pageTable, tiles } from "./parts.ts";
