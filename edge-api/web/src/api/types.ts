import type { components } from "./schema";

type Schemas = components["schemas"];
export type Interview = Schemas["Interview"];
export type Turn = Schemas["Turn"];
export type Resume = Schemas["Resume"];
export type ResumeSection = Schemas["ResumeSection"];
export type Invitation = Schemas["Invitation"];
export type ConsentText = Schemas["ConsentText"];
export type Capability = Schemas["Capability"];
export type Role = Schemas["Role"];
