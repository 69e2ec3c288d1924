import * as z from "zod";
import { ObjectError } from "../object-error.ts";
import { OBJECT_ID, type ObjectRef } from "../protocol.ts";
import { readJson } from "./body.ts";

const seq = z.int().min(0);
const at = z.int().min(0);

/** All that a host has of one object, as another host can go on with it: also what was answered under which key. */
const objectCopy = z.strictObject({
  class: z.string().max(64),
  id: z.string().regex(OBJECT_ID),
  seq,
  alive: z.boolean(),
  bytes: z.int().min(0),
  createdAt: at,
  updatedAt: at,
  alarmAt: at.optional(),
  items: z.array(z.tuple([z.string(), z.string()])),
  events: z.array(z.tuple([seq, z.string()])),
  answers: z.array(
    z.strictObject({ name: z.string(), call: z.string(), seq, at, result: z.string() }),
  ),
});
export type ObjectCopy = Readonly<z.output<typeof objectCopy>>;

/** `PUT …/copy`: goes on with what another host had. */
const acceptRequest = z.strictObject({
  copy: objectCopy,
  replaces: z.int().min(0).describe("The number that the object must have here; 0: there is none"),
});

/** `POST …/release`: the object goes to another host. */
export const releaseRequest = z.strictObject({ owner: z.string().min(1).max(200) });

/** What a host has of an object; null where it never was there. */
export interface CopyAnswer {
  readonly copy: ObjectCopy | null;
}

/** Of a copy, which is larger than what else is sent: in characters of JSON. */
export const COPY_BYTES = 32 * 1024 * 1024;

/** @throws ObjectError `invalid_input`, also where the copy is of another object than the address. */
export function readAccept(ref: ObjectRef, text: string): z.output<typeof acceptRequest> {
  const asked = readJson(acceptRequest, text);
  if (asked.copy.class === ref.class && asked.copy.id === ref.id) return asked;
  throw new ObjectError("invalid_input", "The copy is of another object than the address names.");
}
