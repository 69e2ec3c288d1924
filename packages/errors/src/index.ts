export { type Frame, framesOf, readStack } from "./frames.ts";
export { MASK, masked } from "./mask.ts";
