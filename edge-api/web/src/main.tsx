import "./boot";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { meQuery } from "@/api/me";
import { makeQueryClient } from "@/api/query";
import { startI18n } from "@/i18n";
import { applyTheme, storedTheme } from "@/shell/theme";
import { ToastProvider } from "@/ui";
import { makeRouter } from "./routes";
import "./styles.css";

applyTheme(storedTheme());
// All that the first screen needs is asked for at once: each is a way over the network.
void document.fonts.load('1em "Viva Texts"');
const texts = startI18n();
const queries = makeQueryClient();
const router = makeRouter(queries);
void queries.prefetchQuery(meQuery);
await texts;
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <ToastProvider>
        <RouterProvider router={router} />
      </ToastProvider>
    </QueryClientProvider>
  </StrictMode>,
);
// Letters that people write themselves: the page's own texts do without.
void import("./written.css");
