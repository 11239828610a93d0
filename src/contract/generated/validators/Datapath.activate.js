// Generated from schemas/ by `npm run generate`. Do not edit.
"use strict";
export const params = validate12;
const schema16 = {"type":"object","properties":{"dbg":{"$ref":"types.json#/definitions/dbg"},"uri":{"$ref":"types.json#/definitions/uri"},"domain":{"$ref":"types.json#/definitions/domain"}},"required":["dbg","uri","domain"]};
const schema13 = {"type":"string"};
const schema14 = {"type":"string"};
const schema15 = {"type":"string"};

function validate12(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((((data.dbg === undefined) && (missing0 = "dbg")) || ((data.uri === undefined) && (missing0 = "uri"))) || ((data.domain === undefined) && (missing0 = "domain"))){
validate12.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.dbg !== undefined){
const _errs1 = errors;
if(typeof data.dbg !== "string"){
validate12.errors = [{instancePath:instancePath+"/dbg",schemaPath:"types.json#/definitions/dbg/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.uri !== undefined){
const _errs4 = errors;
if(typeof data.uri !== "string"){
validate12.errors = [{instancePath:instancePath+"/uri",schemaPath:"types.json#/definitions/uri/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs4 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.domain !== undefined){
const _errs7 = errors;
if(typeof data.domain !== "string"){
validate12.errors = [{instancePath:instancePath+"/domain",schemaPath:"types.json#/definitions/domain/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs7 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
else {
validate12.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate12.errors = vErrors;
return errors === 0;
}

export const result = validate13;
const schema20 = {"type":"null"};

function validate13(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data !== null){
validate13.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "null"},message:"must be null"}];
return false;
}
validate13.errors = vErrors;
return errors === 0;
}
