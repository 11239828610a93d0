// Generated from schemas/ by `npm run generate`. Do not edit.
"use strict";
export const params = validate12;
const schema16 = {"type":"object","properties":{"dbg":{"$ref":"types.json#/definitions/dbg"},"sr":{"$ref":"types.json#/definitions/sr_handle"},"key":{"$ref":"types.json#/definitions/key"},"k":{"type":"string"},"v":{"type":"string"}},"required":["dbg","sr","key","k","v"]};
const schema13 = {"type":"string"};
const schema14 = {"type":"string"};
const schema15 = {"type":"string"};

function validate12(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((((((data.dbg === undefined) && (missing0 = "dbg")) || ((data.sr === undefined) && (missing0 = "sr"))) || ((data.key === undefined) && (missing0 = "key"))) || ((data.k === undefined) && (missing0 = "k"))) || ((data.v === undefined) && (missing0 = "v"))){
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
if(valid0){
if(data.k !== undefined){
const _errs10 = errors;
if(typeof data.k !== "string"){
validate12.errors = [{instancePath:instancePath+"/k",schemaPath:"#/properties/k/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs10 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.v !== undefined){
const _errs12 = errors;
if(typeof data.v !== "string"){
validate12.errors = [{instancePath:instancePath+"/v",schemaPath:"#/properties/v/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs12 === errors;
}
else {
var valid0 = true;
}
}
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
