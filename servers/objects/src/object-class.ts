import type { JsonValue } from "@trestle/protocol";
import * as z from "zod";
import { ObjectError } from "./object-error.ts";

/** The rows of one object. Values are JSON; what a refused turn wrote is undone. */
export interface ObjectStorage {
  get(key: string): JsonValue | undefined;
  put(key: string, value: JsonValue): void;
  /** Was there anything? */
  delete(key: string): boolean;
  /** By key in order of its characters; `start` is included. All of them unless limited. */
  list(range?: ListRange): readonly (readonly [key: string, value: JsonValue])[];
}

export interface ListRange {
  readonly prefix?: string;
  readonly start?: string;
  readonly limit?: number;
}

/** What a method that only reads is given. */
export interface ReadContext {
  readonly id: string;
  readonly storage: Pick<ObjectStorage, "get" | "list">;
  /** Epoch milliseconds, the same throughout a turn. */
  readonly now: number;
}

/** What a turn is given. Everything in it is synchronous: a turn is one transaction, and no other runs beside it. */
export interface ObjectContext extends ReadContext {
  readonly storage: ObjectStorage;
  /** Tells everyone who watches, once the turn is stored. */
  broadcast(event: JsonValue): void;
  /** The one alarm of the object, in epoch milliseconds; `onAlarm` is called no sooner. */
  readonly alarm: {
    get(): number | undefined;
    set(at: number): void;
    clear(): void;
  };
  /** Who calls, as the host knows them; never what the call says. */
  readonly caller: string;
  /** The same when a call is repeated with its key. */
  readonly callId: string;
}

/** One method as hosts see it; made by `defineMethod` or `defineReader`. */
export interface ObjectMethod {
  readonly description: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  readonly isReadOnly: boolean;
  readonly run: (context: ObjectContext, args: never) => unknown;
}

interface MethodSpec<Input extends z.ZodType, Output extends z.ZodType, Context> {
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  run(context: Context, args: z.output<Input>): z.output<Output>;
}

/** A method that may change the object. It throws an `ObjectError` to refuse; then nothing has changed. */
export function defineMethod<Input extends z.ZodType, Output extends z.ZodType>(
  spec: MethodSpec<Input, Output, ObjectContext>,
): ObjectMethod {
  return { ...spec, isReadOnly: false };
}

/** A method that only looks. */
export function defineReader<Input extends z.ZodType, Output extends z.ZodType>(
  spec: MethodSpec<Input, Output, ReadContext>,
): ObjectMethod {
  return { ...spec, isReadOnly: true };
}

export interface ObjectClass {
  readonly name: string;
  readonly description: string;
  /** Nothing else of an object can be called. */
  readonly methods: Readonly<Record<string, ObjectMethod>>;
  /** What an object begins with; without it `initialize` takes no arguments and stores nothing. */
  readonly initial?: {
    readonly input: z.ZodType;
    readonly run: (context: ObjectContext, args: never) => void;
  };
  /** All that a watcher gets in full. */
  state(context: ReadContext): JsonValue;
  onAlarm?(context: ObjectContext): void;
}

/** What objects begin with, typed by its schema. */
export function defineInitial<Input extends z.ZodType>(spec: {
  readonly input: Input;
  run(context: ObjectContext, args: z.output<Input>): void;
}): NonNullable<ObjectClass["initial"]> {
  return spec;
}

export const CLASS_NAME = /^[a-z][a-z0-9-]{0,63}$/;
const METHOD_NAME = /^[a-z][A-Za-z0-9]{0,63}$/;

/** Checks a class when it is defined, so that a mistake shows before anything is stored. */
export function defineObjectClass(spec: ObjectClass): ObjectClass {
  if (!CLASS_NAME.test(spec.name)) {
    throw invalid(spec, "its name needs small letters, digits and dashes, at most 64");
  }
  if (Object.keys(spec.methods).length === 0) throw invalid(spec, "it has no method");
  for (const [name, method] of Object.entries(spec.methods)) {
    if (!METHOD_NAME.test(name)) throw invalid(spec, `the method name "${name}" is not camelCase`);
    if (typeof method.run !== "function") throw invalid(spec, `${name} has no run`);
    if (!isSchema(method.input) || !isSchema(method.output)) {
      throw invalid(spec, `${name} needs zod schemas as input and output`);
    }
  }
  return Object.freeze({ ...spec, methods: Object.freeze({ ...spec.methods }) });
}

function isSchema(value: unknown): boolean {
  return (
    value instanceof z.ZodType || (typeof value === "object" && value !== null && "_zod" in value)
  );
}

function invalid({ name }: ObjectClass, why: string): ObjectError {
  return new ObjectError(
    "invalid_input",
    `The object class ${JSON.stringify(name)} cannot be used: ${why}.`,
  );
}

/** All classes of a host by name. */
export type ObjectClasses = ReadonlyMap<string, ObjectClass>;

export function toClasses(classes: readonly ObjectClass[]): ObjectClasses {
  const byName = new Map<string, ObjectClass>();
  for (const each of classes) {
    if (byName.has(each.name)) throw invalid(each, "there is another class of that name");
    byName.set(each.name, each);
  }
  return byName;
}
