// Generated from schemas/ by `npm run generate`. Do not edit.
"use strict";
export const params = validate14;
const schema21 = {"type":"object","properties":{"dbg":{"$ref":"types.json#/definitions/dbg"},"sr":{"$ref":"types.json#/definitions/sr_handle"},"key":{"$ref":"types.json#/definitions/key"},"key2":{"$ref":"types.json#/definitions/key"}},"required":["dbg","sr","key","key2"]};
const schema13 = {"type":"string"};
const schema14 = {"type":"string"};
const schema15 = {"type":"string"};

function validate14(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((((data.dbg === undefined) && (missing0 = "dbg")) || ((data.sr === undefined) && (missing0 = "sr"))) || ((data.key === undefined) && (missing0 = "key"))) || ((data.key2 === undefined) && (missing0 = "key2"))){
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
const schema17 = {"type":"object","properties":{"blocksize":{"$ref":"#/definitions/int64"},"ranges":{"type":"array","items":{"type":"array","items":[{"$ref":"#/definitions/int64"},{"$ref":"#/definitions/int64"}],"minItems":2,"maxItems":2,"additionalItems":false}}},"required":["blocksize","ranges"]};
const schema18 = {"int64":{}};

function validate15(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((data.blocksize === undefined) && (missing0 = "blocksize")) || ((data.ranges === undefined) && (missing0 = "ranges"))){
validate15.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.blocksize !== undefined){
let data0 = data.blocksize;
const _errs1 = errors;
if(!(typeof data0 == "bigint" ? data0 >= -(2n ** 63n) && data0 < 2n ** 63n : Number.isSafeInteger(data0) && data0 >= Number.MIN_SAFE_INTEGER)){
validate15.errors = [{instancePath:instancePath+"/blocksize",schemaPath:"#/definitions/int64/int64",keyword:"int64",params:{},message:"must be a 64-bit integer"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ranges !== undefined){
let data1 = data.ranges;
const _errs3 = errors;
if(errors === _errs3){
if(Array.isArray(data1)){
var valid2 = true;
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
let data2 = data1[i0];
const _errs5 = errors;
if(errors === _errs5){
if(Array.isArray(data2)){
if(data2.length > 2){
validate15.errors = [{instancePath:instancePath+"/ranges/" + i0,schemaPath:"#/properties/ranges/items/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"}];
return false;
}
else {
if(data2.length < 2){
validate15.errors = [{instancePath:instancePath+"/ranges/" + i0,schemaPath:"#/properties/ranges/items/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"}];
return false;
}
else {
const len1 = data2.length;
if(!(len1 <= 2)){
validate15.errors = [{instancePath:instancePath+"/ranges/" + i0,schemaPath:"#/properties/ranges/items/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"}];
return false;
}
else {
const len2 = data2.length;
if(len2 > 0){
let data3 = data2[0];
const _errs7 = errors;
if(!(typeof data3 == "bigint" ? data3 >= -(2n ** 63n) && data3 < 2n ** 63n : Number.isSafeInteger(data3) && data3 >= Number.MIN_SAFE_INTEGER)){
validate15.errors = [{instancePath:instancePath+"/ranges/" + i0+"/0",schemaPath:"#/definitions/int64/int64",keyword:"int64",params:{},message:"must be a 64-bit integer"}];
return false;
}
var valid3 = _errs7 === errors;
}
if(valid3){
if(len2 > 1){
let data4 = data2[1];
const _errs9 = errors;
if(!(typeof data4 == "bigint" ? data4 >= -(2n ** 63n) && data4 < 2n ** 63n : Number.isSafeInteger(data4) && data4 >= Number.MIN_SAFE_INTEGER)){
validate15.errors = [{instancePath:instancePath+"/ranges/" + i0+"/1",schemaPath:"#/definitions/int64/int64",keyword:"int64",params:{},message:"must be a 64-bit integer"}];
return false;
}
var valid3 = _errs9 === errors;
}
}
}
}
}
}
else {
validate15.errors = [{instancePath:instancePath+"/ranges/" + i0,schemaPath:"#/properties/ranges/items/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid2 = _errs5 === errors;
if(!valid2){
break;
}
}
}
else {
validate15.errors = [{instancePath:instancePath+"/ranges",schemaPath:"#/properties/ranges/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
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
