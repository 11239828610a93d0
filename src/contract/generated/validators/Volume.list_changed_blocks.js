// Generated from schemas/ by `npm run generate`. Do not edit.
"use strict";
export const params = validate14;
const schema21 = {"type":"object","properties":{"dbg":{"$ref":"types.json#/definitions/dbg"},"sr":{"$ref":"types.json#/definitions/sr_handle"},"key":{"$ref":"types.json#/definitions/key"},"key2":{"$ref":"types.json#/definitions/key"},"offset":{"$ref":"types.json#/definitions/int64"},"length":{"$ref":"types.json#/definitions/int64"}},"required":["dbg","sr","key","key2","offset","length"]};
const schema13 = {"type":"string"};
const schema14 = {"type":"string"};
const schema15 = {"type":"string"};
const schema17 = {"int64":{}};

function validate14(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((((((data.dbg === undefined) && (missing0 = "dbg")) || ((data.sr === undefined) && (missing0 = "sr"))) || ((data.key === undefined) && (missing0 = "key"))) || ((data.key2 === undefined) && (missing0 = "key2"))) || ((data.offset === undefined) && (missing0 = "offset"))) || ((data.length === undefined) && (missing0 = "length"))){
validate14.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.dbg !== undefined){
const _errs1 = errors;
if(typeof data.dbg !== "string"){
validate14.errors = [{instancePath:instancePath+"/dbg",schemaPath:"types.json#/definitions/dbg/type",keyword:"type",params:{type: "string"},message:"must be string"}];
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
validate14.errors = [{instancePath:instancePath+"/sr",schemaPath:"types.json#/definitions/sr_handle/type",keyword:"type",params:{type: "string"},message:"must be string"}];
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
validate14.errors = [{instancePath:instancePath+"/key",schemaPath:"types.json#/definitions/key/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs7 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.key2 !== undefined){
const _errs10 = errors;
if(typeof data.key2 !== "string"){
validate14.errors = [{instancePath:instancePath+"/key2",schemaPath:"types.json#/definitions/key/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs10 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.offset !== undefined){
let data4 = data.offset;
const _errs13 = errors;
if(!(typeof data4 == "bigint" ? data4 >= -(2n ** 63n) && data4 < 2n ** 63n : Number.isSafeInteger(data4) && data4 >= Number.MIN_SAFE_INTEGER)){
validate14.errors = [{instancePath:instancePath+"/offset",schemaPath:"types.json#/definitions/int64/int64",keyword:"int64",params:{},message:"must be a 64-bit integer"}];
return false;
}
var valid0 = _errs13 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.length !== undefined){
let data5 = data.length;
const _errs15 = errors;
if(!(typeof data5 == "bigint" ? data5 >= -(2n ** 63n) && data5 < 2n ** 63n : Number.isSafeInteger(data5) && data5 >= Number.MIN_SAFE_INTEGER)){
validate14.errors = [{instancePath:instancePath+"/length",schemaPath:"types.json#/definitions/int64/int64",keyword:"int64",params:{},message:"must be a 64-bit integer"}];
return false;
}
var valid0 = _errs15 === errors;
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
}
else {
validate14.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate14.errors = vErrors;
return errors === 0;
}

export const result = validate15;
const schema19 = {"type":"object","properties":{"granularity":{"$ref":"#/definitions/int64"},"bitmap":{"type":"string"}},"required":["granularity","bitmap"]};

function validate15(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((data.granularity === undefined) && (missing0 = "granularity")) || ((data.bitmap === undefined) && (missing0 = "bitmap"))){
validate15.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.granularity !== undefined){
let data0 = data.granularity;
const _errs1 = errors;
if(!(typeof data0 == "bigint" ? data0 >= -(2n ** 63n) && data0 < 2n ** 63n : Number.isSafeInteger(data0) && data0 >= Number.MIN_SAFE_INTEGER)){
validate15.errors = [{instancePath:instancePath+"/granularity",schemaPath:"#/definitions/int64/int64",keyword:"int64",params:{},message:"must be a 64-bit integer"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.bitmap !== undefined){
const _errs3 = errors;
if(typeof data.bitmap !== "string"){
validate15.errors = [{instancePath:instancePath+"/bitmap",schemaPath:"#/properties/bitmap/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs3 === errors;
}
else {
var valid0 = true;
}
}
}
}
else {
validate15.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate15.errors = vErrors;
return errors === 0;
}
