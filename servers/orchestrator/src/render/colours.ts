import type { StepColour } from "./picture.ts";

interface Colour {
  readonly fill: string;
  readonly stroke: string;
  readonly text: string;
}

/** Told apart by their words too: a colour says nothing that the text does not. */
export const COLOURS: Readonly<Record<StepColour, Colour>> = {
  plain: { fill: "#ffffff", stroke: "#57606a", text: "#1f2328" },
  pending: { fill: "#f6f8fa", stroke: "#8c959f", text: "#57606a" },
  running: { fill: "#ddf4ff", stroke: "#0969da", text: "#0a3069" },
  waiting: { fill: "#fff8c5", stroke: "#9a6700", text: "#4d2d00" },
  succeeded: { fill: "#dafbe1", stroke: "#1a7f37", text: "#044f1e" },
  failed: { fill: "#ffebe9", stroke: "#cf222e", text: "#82071e" },
  skipped: { fill: "#eaeef2", stroke: "#8c959f", text: "#57606a" },
  cancelled: { fill: "#eaeef2", stroke: "#57606a", text: "#24292f" },
  undone: { fill: "#fbefff", stroke: "#8250df", text: "#3e1f79" },
};
