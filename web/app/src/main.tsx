import { createRoot } from "react-dom/client";
import { App } from "./app";
import { readySound } from "./attention";
import { begin } from "./identity/identity";
import { applyTheme } from "./preferences";
import { TextsProvider } from "./texts/texts";
import { Announcer } from "./ui/announcer";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/pages.css";

applyTheme();
readySound();
begin();

const root = document.getElementById("root");
if (!root) throw new Error("the page has no place for the app");
createRoot(root).render(
  <TextsProvider>
    <App />
    <Announcer />
  </TextsProvider>,
);
