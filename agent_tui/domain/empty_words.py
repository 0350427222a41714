"""Words that say nothing about the matter of a message, of English and some others. Elsewhere rarity alone weighs words."""

from __future__ import annotations

ENGLISH = """
a about above after again all also am an and another any are as at be became because been before being below between
both but by can cannot could d did do does doing done down dear during each either else etc ever every few for from
further get gets getting give given go goes going gone good got had has have having he hello hence her here hers hi
him his how however i if in into is it its itself just know least let like ll m many may maybe me might mine more most
much must my myself near need neither no nor not now of off oh ok okay on once one only onto or other our ours out
over own per perhaps please put quite rather re really regards s said same say see shall she should since so some soon
still such sure t take tell than thank thanks that the their theirs them then there these they thing things think this
those though through thus to too toward towards under until up upon us ve very via want was we well were what whatever
when where whether which while who whom whose why will with within without would yeah yes yet you your yours yourself
"""

# Small words, greetings and thanks of other languages. In a library that is mostly English they are rare, and would say most.
# None of them is an English word.
OTHERS = """
ang ng mga ko po opo ako mo ka niya siya kung hindi kayo ninyo namin natin amin atin inyo nila sila ito iyon nito dito sa na nang
ay lang naman kasi pero din rin ba salamat magandang kumusta
আমি আমার আমাকে আমরা আমাদের আপনি আপনার আপনাকে আপনাদের এই সেই এটা সেটা এটি সেটি ও এবং কি কী যে তা না নেই হয় হয়ে হয়েছে হবে আছে ছিল
জন্য থেকে করে করি করুন একটা একটি একটু তার তাই কিন্তু নমস্কার ধন্যবাদ দয়া
ਮੈਂ ਮੇਰਾ ਮੇਰੀ ਮੇਰੇ ਮੈਨੂੰ ਅਸੀਂ ਸਾਡਾ ਸਾਡੀ ਸਾਡੇ ਤੁਸੀਂ ਤੁਹਾਡਾ ਤੁਹਾਡੀ ਤੁਹਾਡੇ ਤੁਹਾਨੂੰ ਨੂੰ ਦਾ ਦੀ ਦੇ ਹੈ ਹਨ ਸੀ ਵਿੱਚ ਤੋਂ ਤੇ ਅਤੇ ਜੀ ਕਿ ਇਹ ਉਹ ਹੋ
ਨਾਲ ਲਈ ਪਰ ਵੀ ਨੇ ਕੀ ਕਿਰਪਾ ਕਰਕੇ ਧੰਨਵਾਦ ਸਤਿ ਸ੍ਰੀ ਅਕਾਲ
ನಾನು ನನ್ನ ನನಗೆ ನೀವು ನಿಮ್ಮ ನಿಮಗೆ ನಾವು ನಮ್ಮ ಇದು ಅದು ಈ ಆ ಮತ್ತು ಎಂದು ಇದೆ ಒಂದು ದಯವಿಟ್ಟು ನಮಸ್ಕಾರ ಧನ್ಯವಾದ ಧನ್ಯವಾದಗಳು
"""
