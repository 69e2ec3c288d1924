import { editDiagnosis } from "../coediting/edit-diagnosis.ts";
import type { Edit, Edited, SharedObject } from "../coediting/shared-object.ts";
import { type CallOptions, ObjectStoreError } from "../object-store/object-store.ts";
import type { Diagnosis } from "../records/diagnosis.ts";
import { versionOf } from "../records/facts.ts";
import { patched } from "./change-diagnosis.ts";
import { refuseRelease } from "./holds.ts";
import type { Checking, Parts } from "./parts.ts";
import { index } from "./store-diagnosis.ts";

/** Changes some fields of a diagnosis that others edit at the same time. Durable and found once it is applied. */
export async function editTogether(
  parts: Parts,
  id: string,
  edit: Edit,
  { check, ...call }: CallOptions & Checking<Diagnosis> = {},
): Promise<Edited<Diagnosis>> {
  const { clock, random } = parts;
  const object = sharedDiagnosis(parts, id);
  const edited = await editDiagnosis(
    {
      ...{ object, clock, random },
      patched(record, patch, by) {
        const next = patched(parts, record, patch, by);
        check?.(record, next);
        return next;
      },
    },
    edit,
    call,
  );
  if (edited.status === "applied") parts.changed({ kind: "updated", id });
  return edited;
}

/** The record in the bucket is the shared object: its ETag lets one writer make each version. */
function sharedDiagnosis(parts: Parts, id: string): SharedObject<Diagnosis> {
  return {
    async read(call) {
      const { record, etag } = await parts.diagnoses.need(id, call);
      return { value: record, version: versionOf(record), tag: etag };
    },
    async write(next, over, call = {}) {
      await refuseRelease(parts, over.value, next, call);
      try {
        const { etag } = await parts.diagnoses.replace(next, over.tag, call);
        await index(parts, next);
        return { value: next, version: versionOf(next), tag: etag };
      } catch (error) {
        if (error instanceof ObjectStoreError && error.code === "precondition_failed") return;
        throw error;
      }
    },
  };
}
