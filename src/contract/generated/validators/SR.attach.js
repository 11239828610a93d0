// Generated from schemas/ by `npm run generate`. Do not edit.
"use strict";
export const params = validate12;
const schema16 = {"type":"object","properties":{"dbg":{"$ref":"types.json#/definitions/dbg"},"configuration":{"$ref":"types.json#/definitions/configuration"}},"required":["dbg","configuration"]};
const schema13 = {"type":"string"};
const schema14 = {"type":"object","additionalProperties":{"type":"string"}};

function validate12(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((data.dbg === undefined) && (missing0 = "dbg")) || ((data.configuration === undefined) && (missing0 = "configuration"))){
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
if(data.configuration !== undefined){
let data1 = data.configuration;
const _errs4 = errors;
const _errs5 = errors;
if(errors === _errs5){
if(data1 && typeof data1 == "object" && !Array.isArray(data1)){
for(const key0 in data1){
const _errs8 = errors;
if(typeof data1[key0] !== "string"){
validate12.errors = [{instancePath:instancePath+"/configuration/" + key0.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"types.json#/definitions/configuration/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid3 = _errs8 === errors;
if(!valid3){
break;
}
}
}
else {
validate12.errors = [{instancePath:instancePath+"/configuration",schemaPath:"types.json#/definitions/configuration/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
var valid0 = _errs4 === errors;
}
else {
var valid0 = true;
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
const schema15 = {"type":"string"};

function validate13(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
validate13.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
validate13.errors = vErrors;
return errors === 0;
}
