import { createRoot } from "react-dom/client";
import { Recommendations } from "./Recommendations.js";

const root = document.getElementById("root");
if (root === null) throw new Error("there is no root");
createRoot(root).render(<Recommendations />);
