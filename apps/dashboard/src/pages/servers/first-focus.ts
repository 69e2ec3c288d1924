import { type RefObject, useEffect, useRef } from "react";

/** The keys and the voice of a screen reader begin here when it appears: what was pressed is gone. */
export function useFirstFocus<Kind extends HTMLElement>(): RefObject<Kind | null> {
  const place = useRef<Kind>(null);
  useEffect(() => place.current?.focus(), []);
  return place;
}
