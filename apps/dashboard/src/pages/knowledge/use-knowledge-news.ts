import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { readAgain } from "../../api/tools.ts";
import { useFeedEvents } from "../../feed/feed-provider.tsx";
import { isChange } from "./news.ts";

/** Reads what is shown again when somebody changed what is known. */
export function useKnowledgeNews(server: string): void {
  const client = useQueryClient();
  useFeedEvents(
    useCallback(
      (batch) => {
        if (batch.some((event) => isChange(event, server))) void readAgain(client, server);
      },
      [client, server],
    ),
  );
}
