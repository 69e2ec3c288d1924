import type { WorkflowPlan } from "@trestle/flow";
import type { Execution } from "../workflows/execution.ts";
import { pictureToMermaid } from "./mermaid.ts";
import { toPicture } from "./picture.ts";
import { pictureToSvg } from "./svg.ts";

export const DRAWING_FORMATS = ["mermaid", "svg"] as const;
export type DrawingFormat = (typeof DRAWING_FORMATS)[number];

/** A workflow or an execution as a drawing. */
export interface Drawing {
  readonly format: DrawingFormat;
  readonly drawing: string;
  /** Steps of the workflow, and how many of them are in the drawing. */
  readonly steps: number;
  readonly drawn: number;
  /** What is not in it. */
  readonly notice?: string;
}

export function draw(plan: WorkflowPlan, format: DrawingFormat, execution?: Execution): Drawing {
  const picture = toPicture(plan, execution);
  const { steps, nodes, notice } = picture;
  const drawing = format === "svg" ? pictureToSvg(picture) : pictureToMermaid(picture);
  return {
    format,
    drawing,
    steps,
    drawn: nodes.length,
    ...(notice === undefined ? {} : { notice }),
  };
}
