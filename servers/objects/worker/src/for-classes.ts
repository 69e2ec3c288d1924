/**
 * What modules of object classes import as `@trestle-mcp/objects`, in the worker: the same names, and nothing of Node.
 * `wrangler.jsonc` puts it in that place.
 */
export { builtInClasses } from "../../src/classes/built-in.ts";
export {
  defineInitial,
  defineMethod,
  defineObjectClass,
  defineReader,
  type ObjectClass,
  type ObjectContext,
  type ReadContext,
} from "../../src/object-class.ts";
export { ObjectError, type ObjectErrorCode } from "../../src/object-error.ts";
