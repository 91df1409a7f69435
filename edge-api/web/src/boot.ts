/** What needs nothing of the page runs while the page is still on its way. */
import { accessToken } from "@/api/login";
import { LOCALES, preferred, texts } from "@/i18n/language";
import { load, routeOf } from "./screens";

// What fails here fails again where it is needed, and is told there.
const ignored = () => undefined;
const language = preferred();
const route = routeOf(location.pathname);
accessToken().catch(ignored);
texts[language]().catch(ignored);
if (route) load(route).catch(ignored);
// A language's first date takes a phone a tenth of a second: now, while it has nothing else to do.
new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "medium" });
