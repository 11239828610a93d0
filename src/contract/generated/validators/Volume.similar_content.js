// Generated from schemas/ by `npm run generate`. Do not edit.
"use strict";
export const params = validate12;
const schema17 = {"type":"object","properties":{"dbg":{"$ref":"types.json#/definitions/dbg"},"sr":{"$ref":"types.json#/definitions/sr_handle"},"key":{"$ref":"types.json#/definitions/key"}},"required":["dbg","sr","key"]};
const schema13 = {"type":"string"};
const schema14 = {"type":"string"};
const schema15 = {"type":"string"};

function validate12(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((((data.dbg === undefined) && (missing0 = "dbg")) || ((data.sr === undefined) && (missing0 = "sr"))) || ((data.key === undefined) && (missing0 = "key"))){
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
if(data.sr !== undefined){
const _errs4 = errors;
if(typeof data.sr !== "string"){
validate12.errors = [{instancePath:instancePath+"/sr",schemaPath:"types.json#/definitions/sr_handle/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs4 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.key !== undefined){
const _errs7 = errors;
if(typeof data.key !== "string"){
validate12.errors = [{instancePath:instancePath+"/key",schemaPath:"types.json#/definitions/key/type",keyword:"type",params:{type: "string"},message:"must be string"}];
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
const schema21 = {"type":"array","items":{"$ref":"types.json#/definitions/key"}};

function validate13(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(Array.isArray(data)){
var valid0 = true;
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
const _errs1 = errors;
if(typeof data[i0] !== "string"){
validate13.errors = [{instancePath:instancePath+"/" + i0,schemaPath:"types.json#/definitions/key/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs1 === errors;
if(!valid0){
break;
}
}
}
else {
validate13.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
validate13.errors = vErrors;
return errors === 0;
}
