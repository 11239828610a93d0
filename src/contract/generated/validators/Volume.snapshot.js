// Generated from schemas/ by `npm run generate`. Do not edit.
"use strict";
export const params = validate14;
const schema22 = {"type":"object","properties":{"dbg":{"$ref":"types.json#/definitions/dbg"},"sr":{"$ref":"types.json#/definitions/sr_handle"},"key":{"$ref":"types.json#/definitions/key"}},"required":["dbg","sr","key"]};
const schema13 = {"type":"string"};
const schema14 = {"type":"string"};
const schema15 = {"type":"string"};

function validate14(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((((data.dbg === undefined) && (missing0 = "dbg")) || ((data.sr === undefined) && (missing0 = "sr"))) || ((data.key === undefined) && (missing0 = "key"))){
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
const schema16 = {"type":"object","properties":{"key":{"$ref":"#/definitions/key"},"uuid":{"type":"string"},"name":{"type":"string"},"description":{"type":"string"},"read_write":{"type":"boolean"},"sharable":{"type":"boolean"},"virtual_size":{"$ref":"#/definitions/int64"},"physical_utilisation":{"$ref":"#/definitions/int64"},"uri":{"type":"array","items":{"$ref":"#/definitions/uri"}},"keys":{"type":"object","additionalProperties":{"type":"string"}},"volume_type":{"$ref":"#/definitions/volume_type","default":"Data"},"cbt_enabled":{"type":"boolean","default":false}},"required":["key","name","description","read_write","sharable","virtual_size","physical_utilisation","uri","keys"]};
const schema18 = {"int64":{}};
const schema20 = {"type":"string"};
const schema21 = {"anyOf":[{"const":"Data"},{"const":"CBT_Metadata"},{"const":"Data_and_CBT_Metadata"}]};

function validate15(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((((((((((data.key === undefined) && (missing0 = "key")) || ((data.name === undefined) && (missing0 = "name"))) || ((data.description === undefined) && (missing0 = "description"))) || ((data.read_write === undefined) && (missing0 = "read_write"))) || ((data.sharable === undefined) && (missing0 = "sharable"))) || ((data.virtual_size === undefined) && (missing0 = "virtual_size"))) || ((data.physical_utilisation === undefined) && (missing0 = "physical_utilisation"))) || ((data.uri === undefined) && (missing0 = "uri"))) || ((data.keys === undefined) && (missing0 = "keys"))){
validate15.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.key !== undefined){
const _errs1 = errors;
if(typeof data.key !== "string"){
validate15.errors = [{instancePath:instancePath+"/key",schemaPath:"#/definitions/key/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.uuid !== undefined){
const _errs4 = errors;
if(typeof data.uuid !== "string"){
validate15.errors = [{instancePath:instancePath+"/uuid",schemaPath:"#/properties/uuid/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs4 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.name !== undefined){
const _errs6 = errors;
if(typeof data.name !== "string"){
validate15.errors = [{instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs6 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.description !== undefined){
const _errs8 = errors;
if(typeof data.description !== "string"){
validate15.errors = [{instancePath:instancePath+"/description",schemaPath:"#/properties/description/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.read_write !== undefined){
const _errs10 = errors;
if(typeof data.read_write !== "boolean"){
validate15.errors = [{instancePath:instancePath+"/read_write",schemaPath:"#/properties/read_write/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs10 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.sharable !== undefined){
const _errs12 = errors;
if(typeof data.sharable !== "boolean"){
validate15.errors = [{instancePath:instancePath+"/sharable",schemaPath:"#/properties/sharable/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs12 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.virtual_size !== undefined){
let data6 = data.virtual_size;
const _errs14 = errors;
if(!(typeof data6 == "bigint" ? data6 >= -(2n ** 63n) && data6 < 2n ** 63n : Number.isSafeInteger(data6) && data6 >= Number.MIN_SAFE_INTEGER)){
validate15.errors = [{instancePath:instancePath+"/virtual_size",schemaPath:"#/definitions/int64/int64",keyword:"int64",params:{},message:"must be a 64-bit integer"}];
return false;
}
var valid0 = _errs14 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.physical_utilisation !== undefined){
let data7 = data.physical_utilisation;
const _errs16 = errors;
if(!(typeof data7 == "bigint" ? data7 >= -(2n ** 63n) && data7 < 2n ** 63n : Number.isSafeInteger(data7) && data7 >= Number.MIN_SAFE_INTEGER)){
validate15.errors = [{instancePath:instancePath+"/physical_utilisation",schemaPath:"#/definitions/int64/int64",keyword:"int64",params:{},message:"must be a 64-bit integer"}];
return false;
}
var valid0 = _errs16 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.uri !== undefined){
let data8 = data.uri;
const _errs18 = errors;
if(errors === _errs18){
if(Array.isArray(data8)){
var valid4 = true;
const len0 = data8.length;
for(let i0=0; i0<len0; i0++){
const _errs20 = errors;
if(typeof data8[i0] !== "string"){
validate15.errors = [{instancePath:instancePath+"/uri/" + i0,schemaPath:"#/definitions/uri/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid4 = _errs20 === errors;
if(!valid4){
break;
}
}
}
else {
validate15.errors = [{instancePath:instancePath+"/uri",schemaPath:"#/properties/uri/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs18 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.keys !== undefined){
let data10 = data.keys;
const _errs23 = errors;
if(errors === _errs23){
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
for(const key0 in data10){
const _errs26 = errors;
if(typeof data10[key0] !== "string"){
validate15.errors = [{instancePath:instancePath+"/keys/" + key0.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/keys/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid6 = _errs26 === errors;
if(!valid6){
break;
}
}
}
else {
validate15.errors = [{instancePath:instancePath+"/keys",schemaPath:"#/properties/keys/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
var valid0 = _errs23 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.volume_type !== undefined){
let data12 = data.volume_type;
const _errs28 = errors;
const _errs30 = errors;
let valid8 = false;
const _errs31 = errors;
if("Data" !== data12){
const err0 = {instancePath:instancePath+"/volume_type",schemaPath:"#/definitions/volume_type/anyOf/0/const",keyword:"const",params:{allowedValue: "Data"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var _valid0 = _errs31 === errors;
valid8 = valid8 || _valid0;
if(!valid8){
const _errs32 = errors;
if("CBT_Metadata" !== data12){
const err1 = {instancePath:instancePath+"/volume_type",schemaPath:"#/definitions/volume_type/anyOf/1/const",keyword:"const",params:{allowedValue: "CBT_Metadata"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var _valid0 = _errs32 === errors;
valid8 = valid8 || _valid0;
if(!valid8){
const _errs33 = errors;
if("Data_and_CBT_Metadata" !== data12){
const err2 = {instancePath:instancePath+"/volume_type",schemaPath:"#/definitions/volume_type/anyOf/2/const",keyword:"const",params:{allowedValue: "Data_and_CBT_Metadata"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var _valid0 = _errs33 === errors;
valid8 = valid8 || _valid0;
}
}
if(!valid8){
const err3 = {instancePath:instancePath+"/volume_type",schemaPath:"#/definitions/volume_type/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf"};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
validate15.errors = vErrors;
return false;
}
else {
errors = _errs30;
if(vErrors !== null){
if(_errs30){
vErrors.length = _errs30;
}
else {
vErrors = null;
}
}
}
var valid0 = _errs28 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.cbt_enabled !== undefined){
const _errs34 = errors;
if(typeof data.cbt_enabled !== "boolean"){
validate15.errors = [{instancePath:instancePath+"/cbt_enabled",schemaPath:"#/properties/cbt_enabled/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs34 === errors;
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
}
}
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
